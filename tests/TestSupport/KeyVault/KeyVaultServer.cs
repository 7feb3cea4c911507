using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TfeBackup.TestSupport.Tls;

namespace TfeBackup.TestSupport.KeyVault;

/// <summary>
/// A Key Vault as far as this project meets it, within this process: HTTPS, its authentication challenge, its versions, dates,
/// soft deletion, answers and refusals; and faults on demand.
/// </summary>
/// <remarks>
/// It answers to the name of a vault in a domain of its own, so that the client's check of the challenge against that domain is as
/// real as it is in Azure; <see cref="CreateTransport"/> finds the name here and trusts the certificate.
/// </remarks>
public sealed class KeyVaultServer : IAsyncDisposable
{
    private const string Domain = "vault.test";
    private const string Tenant = "7a1f4d1e-5f0b-4d33-9f3c-0d5f0f6f2c11";

    private readonly ConcurrentDictionary<string, KeyVaultItem> _items = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> _tokens = new();
    private readonly ConcurrentQueue<KeyVaultFault> _faults = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly TlsName _name;
    private readonly WebApplication _host;
    private int _port;

    private KeyVaultServer(string name)
    {
        _name = new TlsName($"{name}.{Domain}");
        VaultUri = new Uri($"https://{_name.Host}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_name.Certificate)));
        _host = builder.Build();
        _host.Use(AdmitAsync);
        _host.MapGet("/secrets/{name}", (string name) => Get(name, null));
        _host.MapGet("/secrets/{name}/{version}", Get);
        _host.MapGet("/deletedsecrets/{name}", GetDeleted);
        Credential = new IssuingCredential(this);
    }

    /// <summary>The vault's address; <see cref="CreateTransport"/> reaches it.</summary>
    public Uri VaultUri { get; }

    /// <summary>A credential whose tokens this vault accepts, if they were asked for as the challenge says.</summary>
    public TokenCredential Credential { get; }

    /// <summary>The resource that the challenge names; another one than the vault's domain makes clients refuse the vault.</summary>
    public string ChallengedResource { get; set; } = $"https://{Domain}";

    /// <summary>While not null, secrets are refused with 403 and this inner code: <c>ForbiddenByRbac</c>, <c>ForbiddenByFirewall</c>.</summary>
    public string? Forbidden { get; set; }

    /// <summary>Method, path and status of what was asked so far.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Starts a vault on a free port of the loopback interface.</summary>
    public static async Task<KeyVaultServer> StartAsync(CancellationToken cancellationToken = default)
    {
        // A name of its own, as vaults have: clients remember for the whole process what a vault challenged them for.
        var server = new KeyVaultServer($"backups-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        await server._host.StartAsync(cancellationToken);
        server._port = new Uri(server._host.Urls.Single()).Port;
        return server;
    }

    /// <summary>A transport that finds the vault's name at this server, and trusts its certificate and no other.</summary>
    public HttpPipelineTransport CreateTransport() => _name.CreateTransport(_port);

    /// <summary>Sets a secret, which makes a new version of it.</summary>
    /// <returns>The version.</returns>
    public string Set(string name, string value, DateTimeOffset? expires = null, DateTimeOffset? notBefore = null)
    {
        var version = new KeyVaultVersion(RandomNumberGenerator.GetHexString(32, lowercase: true), value, expires, notBefore);
        _items.GetOrAdd(name, _ => new KeyVaultItem()).Versions.Enqueue(version);
        return version.Id;
    }

    /// <summary>Enables or disables one version of a secret, or the current one.</summary>
    public void Enable(string name, string? version, bool enabled) => _items[name].Find(version)!.Enabled = enabled;

    /// <summary>Deletes a secret softly.</summary>
    public void Delete(string name) => _items[name].Deleted = DateTimeOffset.UtcNow;

    /// <summary>Deletes a secret for good.</summary>
    public void Purge(string name) => _items.TryRemove(name, out _);

    /// <summary>Answers the next authenticated requests with a failure instead of serving them.</summary>
    public void FailNext(int requests, HttpStatusCode status, string code, TimeSpan? retryAfter = null)
    {
        for (var i = 0; i < requests; i++)
        {
            _faults.Enqueue(new KeyVaultFault(status, code, retryAfter));
        }
    }

    /// <summary>Makes every token issued so far invalid.</summary>
    public void RevokeTokens() => _tokens.Clear();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _name.Dispose();
    }

    internal string Issue(TokenRequestContext request)
    {
        // As the identity provider would: for this resource, in this tenant, or not at all.
        if (request.Scopes is not [$"https://{Domain}/.default"] || request.TenantId is not null and not Tenant)
        {
            throw new global::Azure.Identity.AuthenticationFailedException(
                $"AADSTS500011: no resource principal for {string.Join(' ', request.Scopes)} in tenant {request.TenantId}.");
        }

        var token = RandomNumberGenerator.GetHexString(64);
        _tokens[token] = true;
        return token;
    }

    private async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            _requests.Enqueue($"{context.Request.Method} {context.Request.Path} {context.Response.StatusCode}");
            return Task.CompletedTask;
        });
        var authorization = context.Request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal) || !_tokens.ContainsKey(authorization["Bearer ".Length..]))
        {
            context.Response.Headers.WWWAuthenticate =
                $"Bearer authorization=\"https://login.microsoftonline.com/{Tenant}\", resource=\"{ChallengedResource}\"";
            await KeyVaultAnswers.Error(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.").ExecuteAsync(context);
        }
        else if (!KeyVaultAnswers.Knows(context.Request.Query["api-version"]))
        {
            await KeyVaultAnswers.Error(400, "BadParameter", "The specified version is not recognized. Consider using the latest supported version.")
                .ExecuteAsync(context);
        }
        else if (_faults.TryDequeue(out var fault))
        {
            if (fault.RetryAfter is { } wait)
            {
                context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            }

            await KeyVaultAnswers.Error((int)fault.Status, fault.Code, "This failure was asked for.").ExecuteAsync(context);
        }
        else if (Forbidden is { } inner)
        {
            await KeyVaultAnswers.Error(403, "Forbidden", "Caller is not authorized to perform action on resource.", inner).ExecuteAsync(context);
        }
        else
        {
            await next(context);
        }
    }

    private IResult Get(string name, string? version)
    {
        if (version is not null && !version.All(char.IsAsciiHexDigit))
        {
            return KeyVaultAnswers.Error(400, "BadParameter", $"Method GET does not allow operation '{version}'");
        }

        if (!_items.TryGetValue(name, out var item) || item.Deleted is not null || item.Find(version) is not { } found)
        {
            return KeyVaultAnswers.Error(
                404,
                "SecretNotFound",
                $"A secret with (name/id) {name}{(version is null ? "" : "/" + version)} was not found in this key vault. "
                    + "If you recently deleted this secret you may be able to recover it using the correct recovery command.");
        }

        return found.Enabled
            ? KeyVaultAnswers.Bundle(VaultUri, name, found)
            : KeyVaultAnswers.Error(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");
    }

    private IResult GetDeleted(string name) =>
        _items.TryGetValue(name, out var item) && item.Deleted is { } deleted
            ? KeyVaultAnswers.DeletedBundle(VaultUri, name, item.Find(null)!, deleted)
            : KeyVaultAnswers.Error(404, "SecretNotFound", $"Deleted Secret not found: {name}");

    private sealed class IssuingCredential(KeyVaultServer server) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(server.Issue(requestContext), DateTimeOffset.UtcNow.AddHours(1));

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
