using System.Text.RegularExpressions;
using Azure;
using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Azure.Secrets;

/// <summary>
/// Secrets from an Azure Key Vault (<c>GET /secrets/{name}/{version}</c>): the current version or the one asked for, which is how a restore
/// gets the password a backup was made with after that was rotated. Every value carries its version and when it expires.
/// </summary>
/// <remarks>
/// <para>
/// The identity needs the role <c>Key Vault Secrets User</c>, or the access policy <c>Get</c>. Requests are retried for about a minute, as
/// long as the vault says where it throttles.
/// </para>
/// <para>
/// Key Vault hands out secrets outside their validity, for recovery. So a version that is asked for by name comes whatever its
/// dates, because a backup was made with it; the current one is refused once it has expired, and before it is valid.
/// </para>
/// </remarks>
public sealed partial class KeyVaultSecretSource : ISecretSource
{
    private readonly SecretClient _client;
    private readonly TimeProvider _time;

    /// <summary>Creates the source. Nothing is asked before a secret is.</summary>
    /// <param name="vaultUri">The vault, <c>https://&lt;name&gt;.vault.azure.net</c>.</param>
    /// <param name="credential">Whose rights count.</param>
    /// <param name="options">Other than <see cref="CreateOptions"/>.</param>
    /// <param name="time">Tells whether a secret has expired; the system's where null.</param>
    public KeyVaultSecretSource(
        Uri vaultUri, TokenCredential credential, SecretClientOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(vaultUri);
        _client = new SecretClient(vaultUri, credential, options ?? CreateOptions());
        _time = time ?? TimeProvider.System;
        Description = vaultUri.GetLeftPart(UriPartial.Authority);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>The client's options: five further attempts within about a minute, and 30 seconds for one request.</summary>
    public static SecretClientOptions CreateOptions()
    {
        var options = new SecretClientOptions();
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 5;
        options.Retry.Delay = TimeSpan.FromSeconds(0.8);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(30);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(30);
        return options;
    }

    /// <inheritdoc/>
    public async Task<SecretValue> GetAsync(SecretReference secret, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(secret);
        RequireValidName(secret);
        KeyVaultSecret found;
        try
        {
            found = await _client.GetSecretAsync(secret.Name, secret.Version, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw await ExplainMissingAsync(secret, e, cancellationToken);
        }
        catch (Exception e) when (KeyVaultErrors.IsFromService(e, cancellationToken))
        {
            throw KeyVaultErrors.Translate(e, secret, Description);
        }

        var properties = found.Properties;
        if (secret.Version is null)
        {
            RefuseInvalid(secret, properties);
        }

        return string.IsNullOrEmpty(found.Value)
            ? throw new OperationException(
                OperationError.NotFound, $"The secret '{secret}' in {Description} is empty. Set it with: {SetCommand(secret)}.")
            : new SecretValue(secret with { Version = properties.Version }, found.Value) { ExpiresOn = properties.ExpiresOn };
    }

    [GeneratedRegex(@"\A[0-9A-Za-z-]{1,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[0-9A-Fa-f]{32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Version();

    // Neither name nor version may say more to the service than what is asked for, or something else than that.
    private void RequireValidName(SecretReference secret)
    {
        if (!Name().IsMatch(secret.Name))
        {
            throw new OperationException(
                OperationError.InvalidConfiguration,
                $"The secret '{secret.Name}' cannot be in {Description}: names there have 1 to 127 letters, digits and hyphens. Correct the setting that names it.");
        }

        if (secret.Version is { } version && !Version().IsMatch(version))
        {
            throw new OperationException(
                OperationError.NotFound,
                $"There is no version '{version}' of the secret '{secret.Name}' in {Description}: versions there have 32 hexadecimal digits. "
                    + "A backup made with another secret source refers to a version of that source.");
        }
    }

    private void RefuseInvalid(SecretReference secret, SecretProperties properties)
    {
        var now = _time.GetUtcNow();
        if (properties.ExpiresOn is { } expired && expired <= now)
        {
            throw new OperationException(
                OperationError.Refused,
                $"The secret '{secret.Name}' in {Description} expired on {expired:yyyy-MM-dd HH:mm:ss}Z. Set a new version with {SetCommand(secret)}; or, if its value is still valid, "
                    + $"move the date with: az keyvault secret set-attributes --id {Description}/secrets/{secret.Name} --expires <date>.");
        }

        if (properties.NotBefore is { } from && from > now)
        {
            throw new OperationException(
                OperationError.Refused,
                $"The current version of the secret '{secret.Name}' in {Description} is not valid before {from:yyyy-MM-dd HH:mm:ss}Z. Wait until then, or move the date with: "
                    + $"az keyvault secret set-attributes --id {Description}/secrets/{secret.Name} --not-before <date>.");
        }
    }

    private async Task<OperationException> ExplainMissingAsync(
        SecretReference secret, RequestFailedException missing, CancellationToken cancellationToken)
    {
        try
        {
            DeletedSecret deleted = await _client.GetDeletedSecretAsync(secret.Name, cancellationToken);
            return new OperationException(
                OperationError.NotFound,
                $"The secret '{secret.Name}' in {Description} was deleted{On(deleted.DeletedOn)}. Until it is purged{On(deleted.ScheduledPurgeDate)} it can be recovered, with all its versions: "
                    + $"az keyvault secret recover --id {Description}/deletedsecrets/{secret.Name}.",
                missing);
        }
        catch (Exception e) when (KeyVaultErrors.IsFromService(e, cancellationToken))
        {
            // Not deleted either, or this identity may not ask: then it is simply not there.
        }

        return new OperationException(
            OperationError.NotFound,
            secret.Version is null
                ? $"There is no secret '{secret.Name}' in {Description}. Set it with: {SetCommand(secret)}."
                : $"There is no version '{secret.Version}' of the secret '{secret.Name}' in {Description}. List them with: "
                    + $"az keyvault secret list-versions --id {Description}/secrets/{secret.Name}.",
            missing);
    }

    private static string On(DateTimeOffset? time) => time is { } known ? $" on {known:yyyy-MM-dd HH:mm:ss}Z" : "";

    private string SetCommand(SecretReference secret) =>
        $"az keyvault secret set --vault-name {new Uri(Description).Host.Split('.')[0]} --name {secret.Name} --file <file>";
}
