using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace TfeBackup.Engine.Vault;

/// <summary>
/// Encrypts and decrypts lists of values with Vault's Transit engine, within the limits of Vault's listener: in batches,
/// several at a time, trying again for a bounded time where Vault is busy or in failover. Safe for concurrent use.
/// </summary>
/// <remarks>Messages of its exceptions hold neither values nor tokens.</remarks>
public sealed class TransitClient : IDisposable
{
    private readonly TransitOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Random _random;
    private readonly VaultConnection _vault;
    private readonly VaultToken _token;
    private readonly SemaphoreSlim _slots;
    private readonly string _mount;
    private VaultTokenKeeper? _keeper;
    private volatile string? _serverVersion;

    /// <summary>Creates a client; nothing is sent yet.</summary>
    /// <param name="options">Vault's address, and the limits.</param>
    /// <param name="time">The clock of retries and time limits.</param>
    /// <param name="logger">Takes a line for each retry.</param>
    /// <param name="random">Spreads retries; <see cref="Random.Shared"/> if null.</param>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>: an option is wrong.</exception>
    public TransitClient(TransitOptions options, TimeProvider time, ILogger logger, Random? random = null)
    {
        options.Check();
        (_options, _time, _logger) = (options, time, logger);
        _random = random ?? Random.Shared;
        _vault = new VaultConnection(options, time);
        _token = new VaultToken(options, _vault, time, logger);
        _slots = new SemaphoreSlim(options.Concurrency);
        _mount = string.Join('/', options.Mount.Trim('/').Split('/').Select(Uri.EscapeDataString));
    }

    /// <summary>Vault's address, for messages.</summary>
    public string Description => _vault.Description;

    /// <summary>The remaining lifetime of the token in use; null while it is unknown.</summary>
    public VaultTokenLife? TokenLife => _token.Life;

    /// <summary>Vault's version, as of the last <see cref="CheckAsync"/>; null while it is unknown.</summary>
    public string? ServerVersion => _serverVersion;

    /// <summary>From now on renews the token in the background, or logs in anew, before it expires; until this client is disposed of.</summary>
    public void KeepTokenAlive() => _keeper ??= new VaultTokenKeeper(_token, _vault, _time, _logger);

    /// <summary>Checks that Vault answers, is unsealed, and accepts the token.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/>, saying which of these fails.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        // A check reports what is the case now, so it does not wait for a sealed Vault to be opened.
        var health = await AskAsync(
            () => _vault.SendAsync(HttpMethod.Get, "sys/health?standbyok=true&perfstandbyok=true", null, null, cancellationToken), cancellationToken);
        _serverVersion = health.Response.Version ?? _serverVersion;
        if ((int)health.Status is not (200 or 429 or 472 or 473))
        {
            throw _vault.Unavailable((int)health.Status switch
            {
                501 => "it is not initialised",
                503 => "it is sealed; unseal it",
                var status => $"its health endpoint answers {status}",
            });
        }

        var answer = await AskAsync(() => _token.LookUpAsync(cancellationToken), cancellationToken);
        if (answer.Status == HttpStatusCode.Forbidden)
        {
            throw _vault.Unavailable(
                "it refuses the token: it is expired, revoked, of another namespace (Vault:Namespace), or lacks `read` on auth/token/lookup-self, "
                + "which the policy `default` grants");
        }

        if (answer.Status != HttpStatusCode.OK)
        {
            throw _vault.Unavailable($"auth/token/lookup-self answers {(int)answer.Status}{(answer.Response.Errors is null ? "" : $" ({answer.Reason})")}");
        }
    }

    /// <summary>Decrypts <c>vault:v&lt;n&gt;:…</c> values; the results are in their order.</summary>
    /// <param name="key">The Transit key's name.</param>
    /// <param name="ciphertexts">The values.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>Base64 plaintexts; an error where Vault refuses that value and not the request.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unavailable"/> where Vault does not serve the request, naming the path and what is missing.
    /// </exception>
    internal Task<IReadOnlyList<TransitResult>> DecryptAsync(
        string key, IReadOnlyList<string> ciphertexts, CancellationToken cancellationToken) =>
        RunAsync("decrypt", key, ciphertexts, cancellationToken);

    /// <summary>Encrypts base64 plaintexts under the key's newest version; the results are in their order.</summary>
    /// <param name="key">The Transit key's name.</param>
    /// <param name="base64Plaintexts">The values.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns><c>vault:v&lt;n&gt;:…</c> values; an error where Vault refuses that value and not the request.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Unavailable"/> where Vault does not serve the request, naming the path and what is missing.
    /// </exception>
    internal Task<IReadOnlyList<TransitResult>> EncryptAsync(
        string key, IReadOnlyList<string> base64Plaintexts, CancellationToken cancellationToken) =>
        RunAsync("encrypt", key, base64Plaintexts, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _keeper?.Dispose();
        _token.Dispose();
        _slots.Dispose();
        _vault.Dispose();
    }

    private async Task<IReadOnlyList<TransitResult>> RunAsync(
        string operation, string key, IReadOnlyList<string> values, CancellationToken cancellationToken)
    {
        if (!TransitKeyName.IsValid(key))
        {
            throw new EngineException(EngineError.InvalidRequest, $"'{key}' is not a valid Transit key name.");
        }

        var results = new TransitResult[values.Count];
        await Parallel.ForEachAsync(
            TransitBatches.Cut(values, _options),
            new ParallelOptions { MaxDegreeOfParallelism = _options.Concurrency, CancellationToken = cancellationToken },
            async (range, token) =>
            {
                await _slots.WaitAsync(token);
                try
                {
                    await RunBatchAsync(operation, key, values, range, results, token);
                }
                finally
                {
                    _slots.Release();
                }
            });
        return results;
    }

    private async Task RunBatchAsync(
        string operation, string key, IReadOnlyList<string> values, Range range, TransitResult[] results, CancellationToken cancellationToken)
    {
        (var start, var count) = range.GetOffsetAndLength(values.Count);
        var path = $"{_mount}/{operation}/{key}";
        var body = Body(operation == "decrypt" ? "ciphertext"u8 : "plaintext"u8, values, start, count);
        (var status, var response) = await PostAsync(path, body, cancellationToken);

        // Vault answers 400 to a batch of which some values failed, with a result for each of them all the same.
        if (response.Data?.BatchResults is { } items && status is HttpStatusCode.OK or HttpStatusCode.BadRequest)
        {
            CheckReferences(path, items, count);
            for (var i = 0; i < count; i++)
            {
                var text = operation == "decrypt" ? items[i].Plaintext : items[i].Ciphertext;
                var error = string.IsNullOrEmpty(items[i].Error) ? null : VaultConnection.Clean(items[i].Error!);
                results[start + i] = error is null && text is null
                    ? new TransitResult(null, "Vault's answer has neither a result nor an error for it")
                    : new TransitResult(error is null ? text : null, error);
            }

            return;
        }

        var reason = new VaultAnswer(status, response, null).Reason;
        var missingKey = reason.Contains("key not found", StringComparison.OrdinalIgnoreCase);
        if (status == HttpStatusCode.BadRequest && count == 1 && !missingKey)
        {
            results[start] = new TransitResult(null, reason);
            return;
        }

        throw status switch
        {
            HttpStatusCode.BadRequest when missingKey =>
                _vault.Unavailable($"there is no Transit key '{key}' at the mount '{_mount}' ({operation}): {reason}; create or restore the key, or correct its name"),
            HttpStatusCode.Forbidden => _vault.Unavailable(
                $"it refuses {path}: {reason}; the token must be valid and its policy must grant `update` on {path}"
                + (operation == "encrypt" ? " (and `create` if the key does not exist yet)" : "")),
            HttpStatusCode.NotFound => _vault.Unavailable($"nothing answers at {path}: {reason}; is the Transit engine mounted at '{_mount}'?"),
            HttpStatusCode.RequestEntityTooLarge => _vault.Unavailable($"it refuses a request of {body.Length} bytes to {path} as too large: {reason}"),
            _ => _vault.Unavailable($"{path} answers {(int)status}: {reason}"),
        };
    }

    private async Task<(HttpStatusCode Status, TransitResponse Response)> PostAsync(string path, byte[] body, CancellationToken cancellationToken)
    {
        TransitRetry retry = new(_options, _time, _random);
        while (true)
        {
            string reason;
            RetryConditionHeaderValue? retryAfter = null;
            Exception? cause = null;
            try
            {
                var token = await _token.GetAsync(cancellationToken);
                var answer = await _vault.SendAsync(HttpMethod.Post, path, token, body, cancellationToken);
                if (answer.Status == HttpStatusCode.Forbidden && await _token.ReplaceAsync(token, cancellationToken))
                {
                    answer = await _vault.SendAsync(HttpMethod.Post, path, await _token.GetAsync(cancellationToken), body, cancellationToken);
                }

                // A result for each value stands whatever the status is: partial_failure_response_code can make it anything.
                if (!TransitRetry.IsTransient(answer.Status) || answer.Response.Data?.BatchResults is not null)
                {
                    return (answer.Status, answer.Response);
                }

                retryAfter = answer.RetryAfter;
                reason = $"{(int)answer.Status} {answer.Reason}";
            }
            catch (Exception e) when (VaultConnection.IsFailure(e, cancellationToken))
            {
                reason = _vault.Explain(e);
                cause = e;
            }

            var attempt = retry.Attempt;
            if (retry.NextPause(retryAfter) is not { } pause)
            {
                throw _vault.Unavailable($"{path} failed {attempt} times; the last answer: {reason}", cause);
            }

            TransitLog.Retrying(_logger, path, attempt, reason, pause);
            await Task.Delay(pause, _time, cancellationToken);
        }
    }

    private async Task<VaultAnswer> AskAsync(Func<Task<VaultAnswer>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (VaultConnection.IsFailure(e, cancellationToken))
        {
            throw _vault.Unavailable(_vault.Explain(e), e);
        }
    }

    private static byte[] Body(ReadOnlySpan<byte> field, IReadOnlyList<string> values, int start, int count)
    {
        ArrayBufferWriter<byte> buffer = new(64 + (count * 128));
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("batch_input"u8);
            for (var i = start; i < start + count; i++)
            {
                writer.WriteStartObject();
                writer.WriteString(field, values[i]);
                writer.WriteString("reference"u8, Reference(i - start));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string Reference(int index) => index.ToString(CultureInfo.InvariantCulture);

    /// <summary>A result must belong to the value at its position: a proxy or a defect must not mix up secrets.</summary>
    private void CheckReferences(string path, IReadOnlyList<TransitItem> items, int count)
    {
        if (items.Count != count)
        {
            throw _vault.Unavailable($"{path} was sent {count} values and answered with {items.Count}");
        }

        var sent = items.Any(static item => item?.Reference is not null);
        for (var i = 0; i < count; i++)
        {
            if (items[i] is null || (sent && items[i].Reference != Reference(i)))
            {
                throw _vault.Unavailable($"{path} answered out of order: result {i} has the reference '{VaultConnection.Clean(items[i]?.Reference ?? "")}'");
            }
        }
    }
}
