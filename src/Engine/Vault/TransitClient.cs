using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace TfeBackup.Engine.Vault;

/// <summary>
/// Encrypts and decrypts lists of values with Vault's Transit engine, within the limits of Vault's listener: in batches,
/// several at a time, trying again for a bounded time where Vault is busy or in failover. Safe for concurrent use.
/// </summary>
/// <remarks>Messages of its exceptions hold neither values nor tokens.</remarks>
public sealed partial class TransitClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly TransitOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Random _random;
    private readonly TransitToken _token;
    private readonly SemaphoreSlim _slots;
    private readonly string _base;
    private readonly string _mount;

    /// <summary>Creates a client; nothing is sent yet.</summary>
    /// <param name="http">Sends the requests; its own time limit should exceed <see cref="TransitOptions.RequestTimeout"/>.</param>
    /// <param name="options">Where Vault is, and the limits.</param>
    /// <param name="time">The clock of retries and time limits.</param>
    /// <param name="logger">Takes a line for each retry.</param>
    /// <param name="random">Spreads retries; <see cref="Random.Shared"/> if null.</param>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>: an option is wrong.</exception>
    public TransitClient(HttpClient http, TransitOptions options, TimeProvider time, ILogger logger, Random? random = null)
    {
        options.Check();
        (_http, _options, _time, _logger) = (http, options, time, logger);
        _random = random ?? Random.Shared;
        _token = new TransitToken(options);
        _slots = new SemaphoreSlim(options.Concurrency);
        _base = options.Address.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _mount = string.Join('/', options.Mount.Trim('/').Split('/').Select(Uri.EscapeDataString));
    }

    /// <summary>Vault's address, for messages.</summary>
    public string Description => $"Vault at {_base}";

    /// <summary>Checks that Vault answers, is unsealed, and accepts the token.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/>, saying which of these fails.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        string token = await _token.GetAsync(cancellationToken).ConfigureAwait(false);

        // A check reports what is the case now, so it does not wait for a sealed Vault to be opened.
        (HttpStatusCode status, _) = await CheckedGetAsync("sys/health?standbyok=true&perfstandbyok=true", null, cancellationToken)
            .ConfigureAwait(false);
        if ((int)status is not (200 or 429 or 472 or 473))
        {
            throw Unavailable((int)status switch
            {
                501 => "it is not initialised",
                503 => "it is sealed; unseal it",
                _ => $"its health endpoint answers {(int)status}",
            });
        }

        (status, string? reason) = await CheckedGetAsync("auth/token/lookup-self", token, cancellationToken).ConfigureAwait(false);
        if (status == HttpStatusCode.Forbidden && await _token.RenewAsync(token, cancellationToken).ConfigureAwait(false))
        {
            token = await _token.GetAsync(cancellationToken).ConfigureAwait(false);
            (status, reason) = await CheckedGetAsync("auth/token/lookup-self", token, cancellationToken).ConfigureAwait(false);
        }

        if (status == HttpStatusCode.Forbidden)
        {
            throw Unavailable(
                "it refuses the token: expired, revoked, or without `read` on auth/token/lookup-self, which the policy `default` grants");
        }

        if (status != HttpStatusCode.OK)
        {
            throw Unavailable($"auth/token/lookup-self answers {(int)status}{(reason is null ? "" : $" ({reason})")}");
        }
    }

    /// <summary>Decrypts <c>vault:v&lt;n&gt;:…</c> values; the results stand in their order.</summary>
    /// <param name="key">The Transit key's name.</param>
    /// <param name="ciphertexts">The values.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>Base64 plaintexts; an error where Vault refuses that value and not the request.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unavailable"/> where Vault does not serve the request, naming the path and what is missing.
    /// </exception>
    public Task<IReadOnlyList<TransitResult>> DecryptAsync(
        string key, IReadOnlyList<string> ciphertexts, CancellationToken cancellationToken) =>
        RunAsync("decrypt", key, ciphertexts, cancellationToken);

    /// <summary>Encrypts base64 plaintexts under the key's newest version; the results stand in their order.</summary>
    /// <param name="key">The Transit key's name.</param>
    /// <param name="base64Plaintexts">The values.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns><c>vault:v&lt;n&gt;:…</c> values; an error where Vault refuses that value and not the request.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unavailable"/> where Vault does not serve the request, naming the path and what is missing.
    /// </exception>
    public Task<IReadOnlyList<TransitResult>> EncryptAsync(
        string key, IReadOnlyList<string> base64Plaintexts, CancellationToken cancellationToken) =>
        RunAsync("encrypt", key, base64Plaintexts, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _token.Dispose();
        _slots.Dispose();
    }

    private async Task<IReadOnlyList<TransitResult>> RunAsync(
        string operation, string key, IReadOnlyList<string> values, CancellationToken cancellationToken)
    {
        if (!TransitKeyName.IsValid(key))
        {
            throw new EngineException(EngineError.InvalidRequest, $"'{key}' cannot be the name of a Transit key.");
        }

        TransitResult[] results = new TransitResult[values.Count];
        await Parallel.ForEachAsync(
            TransitBatches.Cut(values, _options),
            new ParallelOptions { MaxDegreeOfParallelism = _options.Concurrency, CancellationToken = cancellationToken },
            async (range, token) =>
            {
                await _slots.WaitAsync(token).ConfigureAwait(false);
                try
                {
                    await RunBatchAsync(operation, key, values, range, results, token).ConfigureAwait(false);
                }
                finally
                {
                    _slots.Release();
                }
            }).ConfigureAwait(false);
        return results;
    }

    private async Task RunBatchAsync(
        string operation, string key, IReadOnlyList<string> values, Range range, TransitResult[] results, CancellationToken cancellationToken)
    {
        (int start, int count) = range.GetOffsetAndLength(values.Count);
        string path = $"{_mount}/{operation}/{key}";
        byte[] body = Body(operation == "decrypt" ? "ciphertext"u8 : "plaintext"u8, values, start, count);
        (HttpStatusCode status, TransitResponse response) = await PostAsync(path, body, cancellationToken).ConfigureAwait(false);

        // Vault answers 400 to a batch of which some values failed, with a result for each of them all the same.
        if (response.Data?.BatchResults is { } items && items.Count == count && status is HttpStatusCode.OK or HttpStatusCode.BadRequest)
        {
            for (int i = 0; i < count; i++)
            {
                string? text = operation == "decrypt" ? items[i].Plaintext : items[i].Ciphertext;
                string? error = string.IsNullOrEmpty(items[i].Error) ? null : Clean(items[i].Error!);
                results[start + i] = error is null && text is null
                    ? new TransitResult(null, "Vault's answer holds neither a result nor an error for it")
                    : new TransitResult(error is null ? text : null, error);
            }

            return;
        }

        string reason = Reason(response);
        bool missingKey = reason.Contains("key not found", StringComparison.OrdinalIgnoreCase);
        if (status == HttpStatusCode.BadRequest && count == 1 && !missingKey)
        {
            results[start] = new TransitResult(null, reason);
            return;
        }

        throw status switch
        {
            HttpStatusCode.BadRequest when missingKey =>
                Unavailable($"there is no Transit key '{key}' at the mount '{_mount}' ({operation}): {reason}; create or restore the key, or correct its name"),
            HttpStatusCode.Forbidden => Unavailable(
                $"it refuses {path}: {reason}; the token must be valid and its policy must grant `update` on {path}"
                + (operation == "encrypt" ? " (and `create` where the key is to be made)" : "")),
            HttpStatusCode.NotFound => Unavailable($"nothing answers at {path}: {reason}; is the Transit engine mounted at '{_mount}'?"),
            HttpStatusCode.RequestEntityTooLarge => Unavailable($"it refuses a request of {body.Length} bytes to {path} as too large: {reason}"),
            _ => Unavailable($"{path} answers {(int)status}: {reason}"),
        };
    }

    private async Task<(HttpStatusCode Status, TransitResponse Response)> PostAsync(string path, byte[] body, CancellationToken cancellationToken)
    {
        TransitRetry retry = new(_options, _time, _random);
        string? renewedFrom = null;
        while (true)
        {
            string token = await _token.GetAsync(cancellationToken).ConfigureAwait(false);
            string reason;
            RetryConditionHeaderValue? retryAfter = null;
            Exception? cause = null;
            try
            {
                using ByteArrayContent content = new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
                (HttpStatusCode status, TransitResponse response, retryAfter) =
                    await SendAsync(HttpMethod.Post, path, token, content, cancellationToken).ConfigureAwait(false);
                if (status == HttpStatusCode.Forbidden && renewedFrom is null
                    && await _token.RenewAsync(token, cancellationToken).ConfigureAwait(false))
                {
                    renewedFrom = token;
                    TransitLog.TokenRenewed(_logger);
                    continue;
                }

                // A result for each value stands whatever the status is: partial_failure_response_code can make it anything.
                if (!TransitRetry.IsTransient(status) || response.Data?.BatchResults is not null)
                {
                    return (status, response);
                }

                reason = $"{(int)status} {Reason(response)}";
            }
            catch (Exception e) when (IsConnectionFailure(e, cancellationToken))
            {
                reason = e is OperationCanceledException ? $"no answer within {_options.RequestTimeout.TotalSeconds:0} s" : e.Message;
                cause = e;
            }

            int attempt = retry.Attempt;
            if (retry.NextPause(retryAfter) is not { } pause)
            {
                throw Unavailable($"{path} was tried {attempt} times; the last answer: {reason}", cause);
            }

            TransitLog.Retrying(_logger, path, attempt, reason, pause);
            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(HttpStatusCode Status, string? Reason)> CheckedGetAsync(string path, string? token, CancellationToken cancellationToken)
    {
        try
        {
            (HttpStatusCode status, TransitResponse response, _) =
                await SendAsync(HttpMethod.Get, path, token, null, cancellationToken).ConfigureAwait(false);
            return (status, response.Errors is null ? null : Reason(response));
        }
        catch (Exception e) when (IsConnectionFailure(e, cancellationToken))
        {
            throw Unavailable(
                e is OperationCanceledException ? $"no answer within {_options.RequestTimeout.TotalSeconds:0} s" : e.Message, e);
        }
    }

    private async Task<(HttpStatusCode Status, TransitResponse Response, RetryConditionHeaderValue? RetryAfter)> SendAsync(
        HttpMethod method, string path, string? token, HttpContent? content, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_options.RequestTimeout, _time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using HttpRequestMessage request = new(method, $"{_base}/v1/{path}") { Content = content };
        request.Headers.Add("X-Vault-Request", "true");
        if (token is not null)
        {
            request.Headers.Add("X-Vault-Token", token);
        }

        if (_options.Namespace is { } name)
        {
            request.Headers.Add("X-Vault-Namespace", name);
        }

        using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token)
            .ConfigureAwait(false);
        byte[] bytes = await answer.Content.ReadAsByteArrayAsync(linked.Token).ConfigureAwait(false);
        TransitResponse response;
        try
        {
            response = bytes.Length == 0 ? new() : JsonSerializer.Deserialize(bytes, TransitJson.Default.TransitResponse) ?? new();
        }
        catch (JsonException) when (answer.StatusCode != HttpStatusCode.OK)
        {
            // A proxy in front of Vault answers in its own words; the status says what is needed.
            response = new();
        }
        catch (JsonException e)
        {
            throw Unavailable($"{path} answers 200 with something that is not Vault's JSON", e);
        }

        return (answer.StatusCode, response, answer.Headers.RetryAfter);
    }

    private static byte[] Body(ReadOnlySpan<byte> field, IReadOnlyList<string> values, int start, int count)
    {
        ArrayBufferWriter<byte> buffer = new(64 + (count * 128));
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("batch_input"u8);
            for (int i = start; i < start + count; i++)
            {
                writer.WriteStartObject();
                writer.WriteString(field, values[i]);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static bool IsConnectionFailure(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static string Reason(TransitResponse response)
    {
        string text = string.Join("; ", response.Errors ?? []);
        return Clean(text.Length > 0 ? text : response.Data?.Error ?? "no reason given");
    }

    /// <summary>Vault's words on one line, shortened, and without anything that looks like a value or a token.</summary>
    private static string Clean(string text)
    {
        string line = Secret().Replace(text, "…").ReplaceLineEndings(" ").Trim();
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    private EngineException Unavailable(string what, Exception? cause = null) =>
        new(EngineError.Unavailable, $"{Description}: {what}.", cause);

    [GeneratedRegex(@"vault:v\d+:\S*|\bhv[sbr]\.\S+|\b[sbr]\.[A-Za-z0-9]{20,}|[A-Za-z0-9+/=_-]{32,}")]
    private static partial Regex Secret();
}
