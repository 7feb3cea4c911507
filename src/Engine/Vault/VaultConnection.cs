using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text.Json;
using System.Text.RegularExpressions;
using TfeBackup.Engine.Connections;

namespace TfeBackup.Engine.Vault;

/// <summary>The HTTP connection to one Vault, with its namespace, certificate authority and timeout. A token is sent to that address and nowhere else.</summary>
internal sealed partial class VaultConnection : IDisposable
{
    // A name's addresses change when Vault moves.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(15);

    private readonly HttpClient _http;
    private readonly TransitOptions _options;
    private readonly TimeProvider _time;
    private readonly string _base;

    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>: the file of the certificate authority cannot be used.</exception>
    public VaultConnection(TransitOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _base = options.Address.GetLeftPart(UriPartial.Path).TrimEnd('/');

        // A client that follows a redirect takes the token along, to whatever host the answer names.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = ConnectionLifetime };
        if (options.CaFile is { } file)
        {
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = CertificateAuthority.ReadPolicy("Vault:CaFile", file) };
        }

        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Vault's address, for messages.</summary>
    public string Description => $"Vault at {_base}";

    /// <summary>Sends one request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path after <c>/v1/</c>.</param>
    /// <param name="token">The token; null for the few paths that need none.</param>
    /// <param name="json">The body; null for none.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/>: what answers is not Vault.</exception>
    public async Task<VaultAnswer> SendAsync(
        HttpMethod method, string path, string? token, ReadOnlyMemory<byte>? json, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var request = new HttpRequestMessage(method, $"{_base}/v1/{path}");
        if (json is { } body)
        {
            request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        request.Headers.Add("X-Vault-Request", "true");
        if (token is not null)
        {
            request.Headers.Add("X-Vault-Token", token);
        }

        // Health is a matter of the whole server, and asked for in the root namespace.
        if (_options.Namespace is { } name && !path.StartsWith("sys/health", StringComparison.Ordinal))
        {
            request.Headers.Add("X-Vault-Namespace", name);
        }

        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ending.Token);
        if ((int)answer.StatusCode is >= 300 and < 400)
        {
            throw Unavailable(
                $"{path} is redirected{Host(answer)}, and the token is not sent there. Set Vault:Address to the address that answers; "
                + "a standby node that does not forward requests redirects to the active node");
        }

        var bytes = await answer.Content.ReadAsByteArrayAsync(ending.Token);
        return new VaultAnswer(answer.StatusCode, Parse(path, answer.StatusCode, bytes), answer.Headers.RetryAfter);
    }

    /// <summary>True if a request failed without an answer, and not by the caller's cancellation.</summary>
    public static bool IsFailure(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>Describes why there was no answer.</summary>
    public string Explain(Exception e) =>
        e is OperationCanceledException
            ? $"no answer within {_options.RequestTimeout.TotalSeconds:0} s"
            : TlsFailure.Describe(e, "Vault:Address", "Vault:CaFile") ?? e.Message;

    /// <summary>The exception for a Vault that does not serve.</summary>
    public EngineException Unavailable(string what, Exception? cause = null) => new(EngineError.Unavailable, $"{Description}: {what}.", cause);

    /// <summary>A message of Vault's on one line, shortened, and without anything that looks like a value or a token.</summary>
    public static string Clean(string text)
    {
        var line = Secret().Replace(text, "…").ReplaceLineEndings(" ").Trim();
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private TransitResponse Parse(string path, HttpStatusCode status, byte[] bytes)
    {
        try
        {
            return bytes.Length == 0 ? new() : JsonSerializer.Deserialize(bytes, TransitJson.Default.TransitResponse) ?? new();
        }
        catch (JsonException) when (status == HttpStatusCode.BadRequest && bytes.AsSpan().IndexOf("HTTP request to an HTTPS server"u8) >= 0)
        {
            throw Unavailable("the server expects TLS; Vault:Address must begin with https");
        }
        catch (JsonException) when (status != HttpStatusCode.OK)
        {
            // A proxy in front of Vault answers in its own words; the status says what is needed.
            return new();
        }
        catch (JsonException e)
        {
            throw Unavailable($"{path} answered 200 with a body that is not Vault's JSON", e);
        }
    }

    // Not the whole location: it may carry anything.
    private static string Host(HttpResponseMessage answer) =>
        answer.Headers.Location is { IsAbsoluteUri: true } location ? $" to {location.Scheme}://{location.Authority}" : "";

    [GeneratedRegex(@"vault:v\d+:\S*|\bhv[sbr]\.\S+|\b[sbr]\.[A-Za-z0-9]{20,}|[A-Za-z0-9+/=_-]{32,}")]
    private static partial Regex Secret();
}

/// <summary>An answer of Vault's.</summary>
internal readonly record struct VaultAnswer(HttpStatusCode Status, TransitResponse Response, RetryConditionHeaderValue? RetryAfter)
{
    /// <summary>Vault's reason for a failure, fit to be shown.</summary>
    public string Reason
    {
        get
        {
            var text = string.Join("; ", Response.Errors ?? []);
            return VaultConnection.Clean(text.Length > 0 ? text : Response.Data?.Error ?? "no reason given");
        }
    }
}
