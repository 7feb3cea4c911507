using System.Text.Json;
using Azure;
using Azure.Identity;
using TfeBackup.Operations.Model;

namespace TfeBackup.Azure.Secrets;

/// <summary>
/// Says in an operator's words what a vault refused. Its answers are
/// <c>{"error": {"code": …, "message": …, "innererror": {"code": …}}}</c>; the inner code is what tells one 403 from another.
/// </summary>
internal static class KeyVaultErrors
{
    /// <summary>Returns true if an exception comes from the vault or the way to it, and can be translated.</summary>
    public static bool IsFromService(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestFailedException or AuthenticationFailedException => true,
        // After its last attempt the client throws all of them at once.
        AggregateException all => all.InnerExceptions.All(e => IsFromService(e, cancellationToken)),
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        // A challenge for another service's token, or an answer that is none: the address is somebody else's.
        InvalidOperationException or JsonException => true,
        _ => false,
    };

    /// <summary>The exception that callers of a source see.</summary>
    public static OperationException Translate(Exception exception, SecretReference secret, string vault) => exception switch
    {
        RequestFailedException e => Translate(e, secret, vault),
        AggregateException all => Translate(all.InnerExceptions[^1], secret, vault),
        AuthenticationFailedException => Cannot(
            OperationError.Refused,
            "no credential for the vault is available. Give this process a managed identity (a user-assigned one by AZURE_CLIENT_ID), or log in with the Azure CLI.",
            secret,
            vault,
            exception),
        InvalidOperationException or JsonException => Cannot(
            OperationError.InvalidConfiguration,
            "the address is not a Key Vault, or asks for a token of another service. Correct Secrets:VaultUri; expected https://<name>.vault.azure.net.",
            secret,
            vault,
            exception),
        _ => Cannot(OperationError.Unavailable, "the vault did not answer in time, after several attempts.", secret, vault, exception),
    };

    private static OperationException Translate(RequestFailedException e, SecretReference secret, string vault)
    {
        var (code, inner) = ReadCodes(e);
        var answer = e.Status == 0 ? "no connection" : string.Join(' ', new[] { $"{e.Status}", code, inner }.Where(part => part is not null));
        var (error, hint) = (e.Status, inner ?? code) switch
        {
            (0, _) => (
                OperationError.Unavailable, "Check Secrets:VaultUri, the network, and that the vault's private name resolves here."),
            (401, _) => (
                OperationError.Refused, "The token is from another tenant: the identity must belong to the vault's tenant."),
            (403, "SecretDisabled") => (
                OperationError.Refused,
                $"This version is disabled. Enable it with: az keyvault secret set-attributes --id {vault}/secrets/{secret.Name}{(secret.Version is null ? "" : "/" + secret.Version)} --enabled true."),
            (403, "ForbiddenByFirewall" or "ForbiddenByConnection") => (
                OperationError.Refused, "The vault's firewall refuses this address: use its private endpoint, or allow this network."),
            (403, _) => (
                OperationError.Refused, "The identity may not read it: grant it the role Key Vault Secrets User on the vault (or the access policy Get)."),
            (408 or 429 or >= 500, _) => (
                OperationError.Unavailable,
                e.Status == 429
                    ? "The vault is throttling requests, after several attempts."
                    : "The vault is failing, after several attempts."),
            _ => (OperationError.Refused, "The vault rejected the request."),
        };
        return Cannot(error, $"{answer}. {hint}", secret, vault, e);
    }

    private static OperationException Cannot(OperationError error, string why, SecretReference secret, string vault, Exception cause) =>
        new(error, $"Cannot get the secret '{secret}' from {vault}: {why}", cause);

    private static (string? Code, string? Inner) ReadCodes(RequestFailedException e)
    {
        // Not the message: it names the caller's tenant, object and address.
        try
        {
            if (e.GetRawResponse()?.Content is { } content)
            {
                using var document = JsonDocument.Parse(content);
                var error = document.RootElement.GetProperty("error");
                return (
                    error.GetProperty("code").GetString(),
                    error.TryGetProperty("innererror", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner.GetProperty("code").GetString() : null);
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // A proxy's page, or nothing: the status says what there is to say.
        }

        return (e.ErrorCode, null);
    }
}
