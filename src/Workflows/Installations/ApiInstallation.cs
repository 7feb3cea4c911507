using System.Net;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations.Http;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Workflows.Installations;

/// <summary>
/// An installation behind the documented backup and restore API (<c>/_backup/api/v1</c>): this project's service or the vendor's.
/// Streams both ways without buffering. Token and password are in memory while a call lasts, and in no message.
/// </summary>
public sealed partial class ApiInstallation : IInstallation
{
    private const string VendorsConfirmation = "snapshot applied successfully";

    private readonly InstallationDefinition _definition;
    private readonly ServiceClient _service;
    private readonly ApiInstallationOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Creates the client. Nothing is asked before a call.</summary>
    /// <param name="definition">The installation as configured.</param>
    /// <param name="secrets">Where its token comes from.</param>
    /// <param name="logger">Told of what is worth a look and no failure.</param>
    /// <param name="options">How patient the client is.</param>
    /// <param name="time">Measures that patience.</param>
    public ApiInstallation(
        InstallationDefinition definition,
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
        // Asked for here although readiness needs none: a backup that would fail for want of it fails before it begins.
        var token = await _service.GetTokenAsync(cancellationToken);
        using var connection = InstallationConnection.Create(_definition, _options, observer: null);
        return await new ReadinessProbe(connection, _definition.HealthUrl ?? _service.Endpoint, _definition.HealthUrl is not null, _options, _time).AskAsync(_service.Endpoint, token, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Stream> BackupAsync(string password, bool skipObjectStorage, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(password);
        var doing = $"The backup of {Name}";
        var token = await _service.GetTokenAsync(cancellationToken);
        var connection = InstallationConnection.Create(_definition, _options, observer: null);
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
                    limit => new ValueTask<WorkflowException>(ServiceAnswer.ReadFailureAsync(doing, response, [password, token], limit)), cancellationToken);
            }

            CheckBackupAnswer(doing, response);
            return stream = new BackupStream(Name, connection, response, await response.Content.ReadAsStreamAsync(cancellationToken), clock, guard);
        }
        catch (OperationCanceledException e) when (guard.Expired)
        {
            throw new WorkflowException(
                WorkflowError.Unavailable, $"{doing} did not begin: {_service.Endpoint} did not answer within {_options.StallTimeout.TotalSeconds:0} s.", e);
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
    public async Task RestoreAsync(Stream snapshot, string password, bool overwrite, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentException.ThrowIfNullOrEmpty(password);
        var doing = $"The restore into {Name}";
        var token = await _service.GetTokenAsync(cancellationToken);
        var observer = new AnswerObserver();
        using var connection = InstallationConnection.Create(_definition, _options, observer);
        using var clock = new CallClock(Name, "restore", _options, _time, _logger);
        using var guard = new StallGuard(_options.StallTimeout, _time);
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token, guard.Token);
        var config = RestoreConfig(password, overwrite);
        using var content = new RestoreContent(config, snapshot, observer, guard) { OnCompleted = () => patience.CancelAfter(_options.AnswerTimeout) };
        try
        {
            using var request = _service.CreateRequest(HttpMethod.Post, "restore", token);
            request.Headers.ExpectContinue = true;
            request.Content = content;
            using var response = await connection.SendAsync(request, ending.Token);
            await CheckRestoreAnswerAsync(doing, response, content, [password, token], ending.Token);
        }
        catch (Exception e) when (content.SourceFailure is { } failure && e is not WorkflowException)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested && (patience.IsCancellationRequested || guard.Expired))
        {
            throw content.Completed
                ? Indeterminate(doing, $"no answer came within {_options.AnswerTimeout.TotalSeconds:0} s", e)
                : new WorkflowException(
                    WorkflowError.Unavailable,
                    $"{doing} stalled: the service took nothing for {_options.StallTimeout.TotalSeconds:0} s after {content.Sent} bytes. Nothing was applied.",
                    e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw content switch
            {
                { Completed: true } => Indeterminate(doing, $"the connection broke before the answer.{clock.Hint}", e),
                { Sent: > 0 } => new WorkflowException(
                    WorkflowError.Unavailable,
                    $"{doing} broke off after {content.Sent} bytes: the service closed the connection without an answer. Nothing was applied.{clock.Hint}",
                    e),
                _ => _service.NotReached(doing, e),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(config);
        }
    }

    private static byte[] BackupBody(string password, bool skipObjectStorage) => WriteJson(json =>
    {
        json.WriteString("password", password);
        if (skipObjectStorage)
        {
            // Older services of the vendor do not know it; they are not asked for what they do anyway.
            json.WriteBoolean("skip_object_storage", true);
        }
    });

    private static byte[] RestoreConfig(string password, bool overwrite) => WriteJson(json =>
    {
        json.WriteString("password", password);
        if (overwrite)
        {
            json.WriteBoolean("overwrite", true);
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
            throw new WorkflowException(
                WorkflowError.Unsupported, $"{doing} failed: 200 with a web page instead of a backup. Endpoint must be the address below which /_backup/api/v1 answers.");
        }

        if (headers.ContentEncoding.Count > 0)
        {
            throw new WorkflowException(
                WorkflowError.Unsupported, $"{doing} failed: something before the service re-encodes its answers ({string.Join(", ", headers.ContentEncoding)}); send directly to the service.");
        }

        // A body that ends where the connection closes: nobody could tell a whole one from a cut one.
        if (headers.ContentLength is null && response.Headers.TransferEncodingChunked != true)
        {
            throw new WorkflowException(
                WorkflowError.Unsupported, $"{doing} failed: the answer has neither a length nor chunks, so its end cannot be told from a broken connection. Send directly to the service, without the proxy before it.");
        }
    }

    private static WorkflowException Indeterminate(string doing, string reason, Exception? cause) => new(
        WorkflowError.Indeterminate,
        $"{doing}: everything was sent, but {reason} It may or may not have been applied: look at the installation and its log before trying again.",
        cause);

    private async Task CheckRestoreAnswerAsync(
        string doing, HttpResponseMessage response, RestoreContent content, IReadOnlyList<string> secrets, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            // A proxy that gave up says nothing about what the service behind it does.
            throw content.Completed && response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout
                ? Indeterminate(doing, $"a proxy answered {(int)response.StatusCode} in the service's place.", null)
                : await ServiceAnswer.ReadFailureAsync(doing, response, secrets, cancellationToken);
        }

        if (!content.Completed)
        {
            throw new WorkflowException(
                WorkflowError.Unsupported, $"{doing} failed: 200 came after {content.Sent} bytes, before everything was sent. That is no answer of this API.");
        }

        if (response.Content.Headers.ContentType?.MediaType is "text/html")
        {
            throw new WorkflowException(
                WorkflowError.Unsupported, $"{doing} failed: 200 with a web page. Endpoint must be the address below which /_backup/api/v1 answers.");
        }

        var said = ServiceAnswer.Quote(await ServiceAnswer.ReadBodyAsync(response, cancellationToken), secrets);
        if (said.Length > 0 && !said.Contains(VendorsConfirmation, StringComparison.OrdinalIgnoreCase))
        {
            LogUnknownConfirmation(Name, said);
        }
    }

    [LoggerMessage(3302, LogLevel.Warning, "{Installation} confirmed a restore with words this client does not know: {Words}")]
    private partial void LogUnknownConfirmation(string installation, string words);
}
