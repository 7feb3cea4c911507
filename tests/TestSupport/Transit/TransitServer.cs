using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TfeBackup.TestSupport.Tls;

namespace TfeBackup.TestSupport.Transit;

/// <summary>
/// Vault's Transit engine as far as this project meets it, within this process: real keys with versions and real cryptography,
/// Vault's paths, answers, limits and refusals; and faults on demand.
/// </summary>
public sealed class TransitServer : IAsyncDisposable
{
    private readonly TransitTokens _tokens = new();
    private readonly ConcurrentQueue<TransitRequest> _requests = new();
    private readonly ConcurrentQueue<(HttpStatusCode Status, TimeSpan? RetryAfter)> _faults = new();
    private readonly WebApplication _host;

    private TransitServer(string mount, TlsName? tls)
    {
        Endpoint = new TransitEndpoint(new Uri("http://127.0.0.1"), CreateToken(), mount);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = TransitLimits.RequestBytes;
            kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                if (tls is not null)
                {
                    endpoint.UseHttps(tls.Certificate);
                }
            });
        });
        _host = builder.Build();
        _host.Use(AdmitAsync);
        new TransitRoutes(Keys).Map(_host, mount);
        _host.MapMethods("/v1/sys/health", ["GET", "HEAD"], () => TransitRoutes.Json(Sealed ? 503 : 200, $$"""{"initialized":true,"sealed":{{(Sealed ? "true" : "false")}},"standby":false,"version":"1.20.0"}"""));
        _tokens.Map(_host, TokenOf);
    }

    /// <summary>Where it is reached, with a token that is always valid.</summary>
    public TransitEndpoint Endpoint { get; private set; }

    /// <summary>Vault's address.</summary>
    public Uri Address => Endpoint.Address;

    /// <summary>A token that is always valid.</summary>
    public string Token => Endpoint.Token;

    /// <summary>Where set, every request but those for health has to name this namespace.</summary>
    public string? Namespace { get; set; }

    /// <summary>Where set, every request but those for health is redirected to this address, as a standby node does.</summary>
    public Uri? RedirectTo { get; set; }

    /// <summary>How many tokens were renewed.</summary>
    public int Renewals => _tokens.Renewals;

    /// <summary>How many logins there were.</summary>
    public int Logins => _tokens.Logins;

    /// <summary>Where set, a policy that forbids this path, such as <c>/v1/transit/decrypt/key</c>.</summary>
    public string? Forbidden { get; set; }

    /// <summary>While true, everything but health answers 503.</summary>
    public bool Sealed { get; set; }

    /// <summary>How long every answer is held back.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>What has been asked so far, in the order of the answers.</summary>
    public IReadOnlyCollection<TransitRequest> Requests => _requests;

    internal ConcurrentDictionary<string, TransitKey> Keys { get; } = new();

    /// <summary>Starts a server on a free port of the loopback interface.</summary>
    public static Task<TransitServer> StartAsync(string mount = "transit", CancellationToken cancellationToken = default) =>
        StartAsync(tls: null, mount, cancellationToken);

    /// <summary>Starts a server that speaks TLS.</summary>
    public static async Task<TransitServer> StartAsync(TlsName? tls, string mount = "transit", CancellationToken cancellationToken = default)
    {
        var server = new TransitServer(mount, tls);
        await server._host.StartAsync(cancellationToken);
        server.Endpoint = server.Endpoint with { Address = new Uri(server._host.Urls.Single()) };
        return server;
    }

    /// <summary>Makes a further valid token.</summary>
    public string CreateToken() => _tokens.Create();

    /// <summary>Makes a token that is good for a while, and then for as long again after each renewal.</summary>
    /// <param name="ttl">How long; Vault counts in whole seconds.</param>
    /// <param name="renewable">Whether it is renewed at all.</param>
    public string CreateToken(TimeSpan ttl, bool renewable = true) => _tokens.Create(ttl, maxTtl: null, renewable);

    /// <summary>Makes a role to log in with.</summary>
    /// <param name="ttl">How long its tokens are good for after a login or renewal.</param>
    /// <param name="maxTtl">How long renewals can prolong them.</param>
    public (string RoleId, string SecretId) CreateRole(TimeSpan ttl, TimeSpan maxTtl) => _tokens.CreateRole(ttl, maxTtl);

    /// <summary>Makes a token invalid; requests with it are answered 403 from now on.</summary>
    public void RevokeToken(string token) => _tokens.Revoke(token);

    /// <summary>Answers the next requests (health aside) with a failure instead of serving them.</summary>
    /// <param name="requests">How many.</param>
    /// <param name="status">The status.</param>
    /// <param name="retryAfter">The <c>Retry-After</c> header, in whole seconds.</param>
    public void FailNext(int requests, HttpStatusCode status, TimeSpan? retryAfter = null)
    {
        for (var i = 0; i < requests; i++)
        {
            _faults.Enqueue((status, retryAfter));
        }
    }

    /// <summary>Encrypts text under a key, which is made if it is missing.</summary>
    public string Encrypt(string key, string text) => Encrypt(key, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Encrypts bytes under a key, which is made if it is missing.</summary>
    public string Encrypt(string key, ReadOnlySpan<byte> plaintext) => Keys.GetOrAdd(key, _ => new TransitKey()).Encrypt(plaintext).Ciphertext;

    /// <summary>Decrypts <c>vault:v&lt;n&gt;:…</c>.</summary>
    /// <exception cref="InvalidOperationException">There is no such key, or it did not make this ciphertext.</exception>
    public byte[] Decrypt(string key, string ciphertext)
    {
        try
        {
            return Keys.TryGetValue(key, out var found)
                ? Convert.FromBase64String(found.Decrypt(ciphertext))
                : throw new InvalidOperationException($"There is no key {key}.");
        }
        catch (TransitRefusal e)
        {
            throw new InvalidOperationException($"{key}: {e.Message}", e);
        }
    }

    /// <summary>Adds a version to a key.</summary>
    public void Rotate(string key) => Keys.GetOrAdd(key, _ => new TransitKey()).Rotate();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        if (Latency > TimeSpan.Zero)
        {
            await Task.Delay(Latency, context.RequestAborted);
        }

        if (context.Request.Path == "/v1/sys/health")
        {
            await next(context);
            return;
        }

        // Recorded before the answer leaves, so that whoever has the answer finds the record.
        context.Response.OnStarting(() =>
        {
            _requests.Enqueue(new TransitRequest(
                context.Request.Path,
                context.Items.TryGetValue(TransitRoutes.ItemsKey, out var items) ? (int)items! : 0,
                context.Request.ContentLength ?? 0,
                context.Response.StatusCode));
            return Task.CompletedTask;
        });
        if (RedirectTo is { } elsewhere)
        {
            context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            context.Response.Headers.Location = new Uri(elsewhere, context.Request.Path.Value).ToString();
        }
        else if (Namespace is { } name && context.Request.Headers["X-Vault-Namespace"].ToString().Trim('/') != name)
        {
            await TransitRoutes.Error(403, "permission denied").ExecuteAsync(context);
        }
        else if (Forbidden is { } path && context.Request.Path == path)
        {
            await TransitRoutes.Error(403, "1 error occurred: permission denied").ExecuteAsync(context);
        }
        else if (Sealed)
        {
            await TransitRoutes.Error(503, "Vault is sealed").ExecuteAsync(context);
        }
        else if (_faults.TryDequeue(out var fault))
        {
            if (fault.RetryAfter is { } wait)
            {
                context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            }

            await TransitRoutes.Error((int)fault.Status, "this failure was asked for").ExecuteAsync(context);
        }
        else if (!_tokens.IsValid(TokenOf(context.Request)) && !context.Request.Path.Value!.EndsWith("/login", StringComparison.Ordinal))
        {
            await TransitRoutes.Error(403, "permission denied").ExecuteAsync(context);
        }
        else
        {
            await next(context);
        }
    }

    private static string TokenOf(HttpRequest request)
    {
        const string bearer = "Bearer ";
        var authorization = request.Headers.Authorization.ToString();
        return request.Headers.TryGetValue("X-Vault-Token", out var token) ? token.ToString()
            : authorization.StartsWith(bearer, StringComparison.OrdinalIgnoreCase) ? authorization[bearer.Length..]
            : "";
    }
}
