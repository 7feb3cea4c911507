using System.Net;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Installations.Http;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Installations;

/// <summary>
/// An installation behind the documented backup and restore API (<c>/_backup/api/v1</c>): this project's service or the vendor's.
/// Streams both ways without buffering. Token and password are in memory while a call lasts, and in no message.
/// </summary>
internal sealed partial class ApiInstallation : IInstallation
{
    private const string OperationIdHeader = "Operation-Id";

    private const string VendorsConfirmation = "snapshot applied successfully";

    private readonly InstallationConnection _definition;
    private readonly ServiceClient _service;
    private readonly ApiInstallationOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Creates the client. Nothing is asked before a call.</summary>
    /// <param name="definition">The installation as configured.</param>
    /// <param name="secrets">The source of its token.</param>
    /// <param name="logger">Logs what is notable but no failure.</param>
    /// <param name="options">The timeouts.</param>
    /// <param name="time">The clock for timeouts.</param>
    public ApiInstallation(
        InstallationConnection definition,
        ISecretSource secrets,
        ILogger<ApiInstallation>? logger = null,
        ApiInstallationOptions? options = null,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _definition = definition;
        _service = new ServiceClient(definition, secrets);
        _logger = logger ?? NullLogger<ApiInstallation>.Instance;
        _options = options ?? new ApiInstallationOptions();
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public string Name => _definition.Name;

    /// <inheritdoc/>
    public async Task<InstallationStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        // Read the token although readiness does not need it, so that a missing one is found before the backup begins.
        var token = await _service.GetTokenAsync(cancellationToken);
        using var connection = HttpConnection.Create(_definition, _options, observer: null);
        return await new ReadinessProbe(connection, _definition.HealthUrl ?? _service.Endpoint, _definition.HealthUrl is not null, _options, _time).AskAsync(_service.Endpoint, token, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Stream> BackupAsync(string password, bool skipObjectStorage, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(password);
        var doing = $"The backup of {Name}";
        var token = await _service.GetTokenAsync(cancellationToken);
        var connection = HttpConnection.Create(_definition, _options, observer: null);
        var clock = new CallClock(Name, "backup", _options, _time, _logger);
        var guard = new StallGuard(_options.StallTimeout, _time);
        HttpResponseMessage? response = null;
        BackupStream? stream = null;
        var body = BackupBody(password, skipObjectStorage);
        try
        {
            using var request = _service.CreateRequest(HttpMethod.Post, "backup", token);
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            response = await guard.RunAsync(limit => new ValueTask<HttpResponseMessage>(connection.SendAsync(request, limit)), cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw await guard.RunAsync(
                    limit => new ValueTask<OperationException>(ServiceAnswer.ReadFailureAsync(doing, response, [password, token], limit)), cancellationToken);
            }

            CheckBackupAnswer(doing, response);
            return stream = new BackupStream(Name, connection, response, await response.Content.ReadAsStreamAsync(cancellationToken), clock, guard);
        }
        catch (OperationCanceledException e) when (guard.Expired)
        {
            throw new OperationException(
                OperationError.Unavailable, $"{doing} did not start: {_service.Endpoint} did not respond within {_options.StallTimeout.TotalSeconds:0} s.", e);
        }
        catch (HttpRequestException e)
        {
            throw _service.NotReached(doing, e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
            if (stream is null)
            {
                response?.Dispose();
                connection.Dispose();
                clock.Dispose();
                guard.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public async Task RestoreAsync(Stream snapshot, string password, RestoreOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentException.ThrowIfNullOrEmpty(password);
        ArgumentNullException.ThrowIfNull(options);
        var doing = $"The restore into {Name}";
        var token = await _service.GetTokenAsync(cancellationToken);
        var observer = new AnswerObserver();
        using var connection = HttpConnection.Create(_definition, _options, observer);
        using var clock = new CallClock(Name, "restore", _options, _time, _logger);
        using var guard = new StallGuard(_options.StallTimeout, _time);
        using var answerTimeout = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, answerTimeout.Token, guard.Token);
        var config = RestoreConfig(password, options);
        using var content = new RestoreContent(config, snapshot, observer, guard) { OnCompleted = () => answerTimeout.CancelAfter(_options.AnswerTimeout) };
        try
        {
            using var request = _service.CreateRequest(HttpMethod.Post, "restore", token);
            request.Headers.ExpectContinue = true;
            request.Headers.Add(OperationIdHeader, options.OperationId);
            request.Content = content;
            using var response = await connection.SendAsync(request, ending.Token);
            await CheckRestoreAnswerAsync(doing, response, content, options.OperationId, [password, token], ending.Token);
        }
        catch (Exception e) when (content.SourceFailure is { } failure && e is not OperationException)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested && (answerTimeout.IsCancellationRequested || guard.Expired))
        {
            throw content.Completed
                ? Indeterminate(doing, $"no response came within {_options.AnswerTimeout.TotalSeconds:0} s.", e)
                : new OperationException(
                    OperationError.Unavailable,
                    $"{doing} stalled: the service accepted no data for {_options.StallTimeout.TotalSeconds:0} s after {content.Sent} bytes. Nothing was applied.",
                    e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw content switch
            {
                { Completed: true } => Indeterminate(doing, $"the connection was lost before the response.{clock.Hint}", e),
                { Sent: > 0 } => new OperationException(
                    OperationError.Unavailable,
                    $"{doing} failed after {content.Sent} bytes: the service closed the connection without a response. Nothing was applied.{clock.Hint}",
                    e),
                _ => _service.NotReached(doing, e),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(config);
        }
    }

    /// <inheritdoc/>
    public async Task<RestoreOutcome> FindRestoreAsync(string operationId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(operationId);
        var doing = $"Asking {Name} about its restore {operationId}";
        var token = await _service.GetTokenAsync(cancellationToken);
        using var connection = HttpConnection.Create(_definition, _options, observer: null);
        using var limit = new CancellationTokenSource(_options.StatusTimeout, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var request = _service.CreateRequest(HttpMethod.Get, $"restores/{Uri.EscapeDataString(operationId)}", token);
            using var response = await connection.SendAsync(request, ending.Token);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return ReadOutcome(await ServiceAnswer.ReadBodyAsync(response, ending.Token));
            }

            // The vendor's service and earlier versions of ours keep no outcomes.
            return (int)response.StatusCode < 500
                ? RestoreOutcome.Unknown
                : throw await ServiceAnswer.ReadFailureAsync(doing, response, [token], ending.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                OperationError.Unavailable, $"{doing} failed: {_service.Endpoint} did not respond within {_options.StatusTimeout.TotalSeconds:0} s.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw _service.NotReached(doing, e);
        }
    }

    private static RestoreOutcome ReadOutcome(string body)
    {
        try
        {
            using var answer = JsonDocument.Parse(body);
            return answer.RootElement.GetProperty("state").GetString() switch
            {
                "running" or "committed" => RestoreOutcome.Running,
                "restored" => RestoreOutcome.Applied,
                "failed" => RestoreOutcome.NotApplied,
                _ => RestoreOutcome.Unknown,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Not our service.
            return RestoreOutcome.Unknown;
        }
    }

    private static byte[] BackupBody(string password, bool skipObjectStorage) => WriteJson(json =>
    {
        json.WriteString("password", password);
        if (skipObjectStorage)
        {
            // Sent only if set: the vendor's older versions do not know it.
            json.WriteBoolean("skip_object_storage", true);
        }
    });

    private static byte[] RestoreConfig(string password, RestoreOptions options) => WriteJson(json =>
    {
        json.WriteString("password", password);
        if (options.Overwrite)
        {
            json.WriteBoolean("overwrite", true);
        }

        if (options.NotValid.Count > 0)
        {
            json.WriteStartArray("not_valid");
            options.NotValid.ToList().ForEach(json.WriteStringValue);
            json.WriteEndArray();
        }
    });

    private static byte[] WriteJson(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        var bytes = buffer.ToArray();
        CryptographicOperations.ZeroMemory(buffer.GetBuffer());
        return bytes;
    }

    private static void CheckBackupAnswer(string doing, HttpResponseMessage response)
    {
        var headers = response.Content.Headers;
        if (headers.ContentType?.MediaType is "text/html")
        {
            throw new OperationException(
                OperationError.Unsupported, $"{doing} failed: received a web page (200) instead of a backup. Endpoint must be the base address of /_backup/api/v1.");
        }

        if (headers.ContentEncoding.Count > 0)
        {
            throw new OperationException(
                OperationError.Unsupported, $"{doing} failed: a proxy re-encodes the responses ({string.Join(", ", headers.ContentEncoding)}); connect to the service directly.");
        }

        // A body delimited by the connection's close: truncation would go unnoticed.
        if (headers.ContentLength is null && response.Headers.TransferEncodingChunked != true)
        {
            throw new OperationException(
                OperationError.Unsupported, $"{doing} failed: the response has neither a length nor chunks, so its end cannot be told from a lost connection. Connect to the service directly, without the proxy.");
        }
    }

    private static OperationException Indeterminate(string doing, string reason, Exception? cause) => new(
        OperationError.Indeterminate,
        $"{doing}: everything was sent, but {reason} It may or may not have been applied: inspect the installation and its log before retrying.",
        cause);

    private async Task CheckRestoreAnswerAsync(
        string doing, HttpResponseMessage response, RestoreContent content, string operationId, IReadOnlyList<string> secrets, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            // A gateway timeout says nothing about the service behind it.
            throw content.Completed && response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout
                ? Indeterminate(doing, $"a proxy responded with {(int)response.StatusCode} instead of the service.", null)
                : await ServiceAnswer.ReadFailureAsync(doing, response, secrets, cancellationToken);
        }

        if (!content.Completed)
        {
            // Already applied by an earlier attempt; no need to send it again.
            if (response.Headers.TryGetValues(OperationIdHeader, out var done) && done.Contains(operationId, StringComparer.Ordinal))
            {
                return;
            }

            throw new OperationException(
                OperationError.Unsupported, $"{doing} failed: received 200 after {content.Sent} bytes, before everything was sent. This is not a response of the backup API.");
        }

        if (response.Content.Headers.ContentType?.MediaType is "text/html")
        {
            throw new OperationException(
                OperationError.Unsupported, $"{doing} failed: received a web page (200). Endpoint must be the base address of /_backup/api/v1.");
        }

        var said = ServiceAnswer.Quote(await ServiceAnswer.ReadBodyAsync(response, cancellationToken), secrets);
        if (said.Length > 0 && !said.Contains(VendorsConfirmation, StringComparison.OrdinalIgnoreCase))
        {
            LogUnknownConfirmation(Name, said);
        }
    }

    [LoggerMessage(3302, LogLevel.Warning, "{Installation} confirmed a restore with an unknown message: {Words}")]
    private partial void LogUnknownConfirmation(string installation, string words);
}
