using System.Text.Json;
using TfeBackup.Installations.Http;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Installations;

/// <summary>
/// Stops and starts an application through the control API of the service beside it (<c>/_backup/api/v1/application</c>). An action is asked for
/// and then looked at until it has ended; a connection that is lost in between loses nothing, since asking again is the same.
/// </summary>
internal sealed class ServiceControl : IApplicationControl
{
    private const string Resource = "application";

    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(100);

    private readonly InstallationConnection _definition;
    private readonly ServiceClient _service;
    private readonly ApiInstallationOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Creates the control. Nothing is asked before a call.</summary>
    /// <param name="definition">The installation as configured; its <c>Restart:Timeout</c> is the timeout of an action.</param>
    /// <param name="secrets">The source of its token.</param>
    /// <param name="options">The timeouts.</param>
    /// <param name="time">The clock for timeouts.</param>
    public ServiceControl(
        InstallationConnection definition, ISecretSource secrets, ApiInstallationOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _definition = definition;
        _service = new ServiceClient(definition, secrets);
        _options = options ?? new ApiInstallationOptions();
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public string Description => $"the control API of the service at {_service.Endpoint.GetLeftPart(UriPartial.Authority)}";

    /// <inheritdoc/>
    public Task<bool> CanDrainAsync(CancellationToken cancellationToken) => InspectAsync(
        report => report.TryGetProperty("actions", out var actions) && actions.EnumerateArray().Any(action => action.ValueEquals("drain")),
        cancellationToken);

    /// <inheritdoc/>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (await CanDrainAsync(cancellationToken))
        {
            await CarryOutAsync("drain", "Draining", cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => CarryOutAsync("stop", "Stopping", cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => CarryOutAsync("start", "Starting", cancellationToken);

    /// <inheritdoc/>
    public Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken) => InspectAsync(
        report =>
        {
            var detail = Text(report, "detail") ?? "";
            var state = Text(report, "state");
            return state switch
            {
                "running" => new ApplicationStatus(ApplicationState.Running, detail),
                "stopped" => new ApplicationStatus(ApplicationState.Stopped, detail),
                "changing" => new ApplicationStatus(ApplicationState.Changing, detail),
                _ => throw Failed(Doing("Inspecting"), report),
            };
        },
        cancellationToken);

    private string Doing(string what) => $"{what} the application of {_definition.Name}";

    private Task<T> InspectAsync<T>(Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        var doing = Doing("Inspecting");
        return CallAsync(
            doing, _options.ControlTimeout, (connection, token, ending) => SendAsync(doing, connection, HttpMethod.Get, Resource, token, read, ending), cancellationToken);
    }

    private async Task CarryOutAsync(string action, string what, CancellationToken cancellationToken)
    {
        var doing = Doing(what);
        await CallAsync(
            doing,
            _definition.Restart.Timeout,
            async (connection, token, ending) =>
            {
                var id = await SendAsync(
                    doing, connection, HttpMethod.Post, $"{Resource}/{action}", token, request => Text(request, "id"), ending);
                for (var interval = FirstInterval; ; interval = interval * 2 < _options.ControlInterval ? interval * 2 : _options.ControlInterval)
                {
                    await Task.Delay(interval < _options.ControlInterval ? interval : _options.ControlInterval, _time, ending);
                    var ended = await SendAsync(
                        doing, connection, HttpMethod.Get, Resource, token, report => HasEnded(doing, id, report), ending);
                    if (ended)
                    {
                        return true;
                    }
                }
            },
            cancellationToken);
    }

    private static bool HasEnded(string doing, string? id, JsonElement report)
    {
        foreach (var request in report.GetProperty("requests").EnumerateArray())
        {
            if (Text(request, "id") == id)
            {
                return Text(request, "state") switch
                {
                    "succeeded" => true,
                    "failed" => throw Failed(doing, request),
                    _ => false,
                };
            }
        }

        // Idempotent: the caller retries transient failures.
        throw new OperationException(
            OperationError.Unavailable, $"{doing} failed: the service no longer knows the request: it was restarted meanwhile, and the result is unknown.");
    }

    private static OperationException Failed(string doing, JsonElement failure)
    {
        var name = Text(failure, "error") ?? "";
        var error = name == "InvalidRequest" ? OperationError.InvalidConfiguration : ServiceAnswer.KindOf(name) ?? OperationError.Unavailable;
        return new OperationException(error, $"{doing} failed: {ServiceAnswer.Quote(Text(failure, "detail") ?? "the service gave no reason", [])}");
    }

    private async Task<T> CallAsync<T>(
        string doing, TimeSpan limit, Func<HttpMessageInvoker, string, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var token = await _service.GetTokenAsync(cancellationToken);
        using var deadline = new CancellationTokenSource(limit, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var connection = HttpConnection.Create(_definition, _options, observer: null);
            return await call(connection, token, ending.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw deadline.IsCancellationRequested
                ? new OperationException(
                    OperationError.TimedOut, $"{doing} did not finish within {limit.TotalSeconds:0} s. The service at {_service.Endpoint} may still be working on it.", e)
                : new OperationException(
                    OperationError.Unavailable, $"{doing} failed: {_service.Endpoint} did not respond within {_options.ControlTimeout.TotalSeconds:0} s.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw _service.NotReached(doing, e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new OperationException(
                OperationError.Unsupported, $"{doing} failed: {_service.Endpoint} did not respond like a control API. Endpoint must be the base address of /_backup/api/v1.", e);
        }
    }

    private async Task<T> SendAsync<T>(
        string doing, HttpMessageInvoker connection, HttpMethod method, string call, string token, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ControlTimeout, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var request = _service.CreateRequest(method, call, token);
        using var response = await connection.SendAsync(request, ending.Token);
        if (!response.IsSuccessStatusCode)
        {
            throw await ServiceAnswer.ReadFailureAsync(
                doing, response, [token], ending.Token,
                absent: "The service has no control API: it is the vendor's, or an older version. Use another Restart:Kind, or this project's service.");
        }

        using var document = JsonDocument.Parse(await ServiceAnswer.ReadBodyAsync(response, ending.Token));
        return read(document.RootElement);
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
