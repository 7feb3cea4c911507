using System.Security.Cryptography;
using TfeBackup.Engine;
using TfeBackup.Engine.Application;

namespace TfeBackup.Server.Application;

/// <summary>
/// Stops, starts and drains the application by its runtime's commands, one action at a time, whoever asks and whether or not they stay to hear what
/// came of it. An action that is asked for again while it is the last one under way is the same action.
/// </summary>
/// <remarks>
/// When the service stops, the command that runs is given as long as the host gives, and is then killed; actions that wait are dropped. Nothing
/// of this outlives the process: who asked sees that his request is not known any more, and asks again, which does no harm.
/// </remarks>
internal sealed class ApplicationSupervisor : IHostedService, IDisposable
{
    // More than one who stops and starts and one who changes their mind need.
    private const int MostUnderWay = 4;
    private const int MostRemembered = 16;

    // Whoever asks for the state waits for it, and proxies do not wait for long.
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(60);

    private readonly ApplicationRuntime _runtime;
    private readonly ApplicationRuntime _look;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _looking = new(1, 1);
    private readonly CancellationTokenSource _killed = new();
    private readonly Lock _lock = new();
    private readonly List<ApplicationRequest> _requests = [];
    private Task _work = Task.CompletedTask;
    private bool _stopping;

    /// <summary>Creates the supervisor. No command runs yet.</summary>
    public ApplicationSupervisor(ApplicationSettings settings, TimeProvider time, ILogger<ApplicationSupervisor> logger)
    {
        var runner = new ProcessRunner(time);
        _runtime = new ApplicationRuntime(settings.Commands, settings.Timeout, runner);
        _look = new ApplicationRuntime(settings.Commands, settings.Timeout < LongestLook ? settings.Timeout : LongestLook, runner);
        _time = time;
        _logger = logger;
    }

    /// <summary>True if there is a command for an action.</summary>
    public bool Can(ApplicationAction action) => action != ApplicationAction.Drain || _runtime.CanDrain;

    /// <summary>Asks for an action, which begins when those before it have ended.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/>: too many wait already, or the service is about to stop.</exception>
    public ApplicationRequest Request(ApplicationAction action)
    {
        lock (_lock)
        {
            var underWay = _requests.Where(IsUnderWay).ToList();
            if (underWay is [.., var last] && last.Action == action.Name())
            {
                return last;
            }

            if (_stopping || underWay.Count == MostUnderWay)
            {
                throw new EngineException(
                    EngineError.Busy,
                    _stopping
                        ? "This service is stopping. Try again when it has restarted."
                        : $"{underWay.Count} actions are running or waiting already ({string.Join(", ", underWay.Select(request => request.Action))}). Try again when they have ended.");
            }

            var request = new ApplicationRequest(
                RandomNumberGenerator.GetHexString(12, lowercase: true), action.Name(), ApplicationRequest.Waiting, _time.GetUtcNow());
            _requests.Add(request);
            if (_requests.Count > MostRemembered)
            {
                _requests.RemoveAt(0);
            }

            _work = RunAsync(_work, request.Id, action);
            return request;
        }
    }

    /// <summary>Gets the application's state and requests. Does not ask the runtime while an action changes it.</summary>
    public async Task<ApplicationReport> GetReportAsync(CancellationToken cancellationToken)
    {
        if (Requests().FirstOrDefault(IsUnderWay) is { } request)
        {
            return Report("changing", $"A {request.Action} requested at {request.Requested:O} is {request.State}.", error: null);
        }

        await _looking.WaitAsync(cancellationToken);
        try
        {
            var status = await _look.GetStatusAsync(cancellationToken);
            return Report(Name(status.State), status.Detail, error: null);
        }
        catch (EngineException e)
        {
            return Report("unknown", e.Message, e.Error.ToString());
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <summary>A report of a state that somebody else has found.</summary>
    public ApplicationReport Report(string state, string detail, string? error) =>
        new(
            state, detail, _runtime.Description,
            [.. Enum.GetValues<ApplicationAction>().Where(Can).Select(action => action.Name())],
            Requests())
        { Error = error };

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task work;
        lock (_lock)
        {
            _stopping = true;
            work = _work;
        }

        try
        {
            await work.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await _killed.CancelAsync();
            await work;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _killed.Dispose();
        _looking.Dispose();
    }

    private static bool IsUnderWay(ApplicationRequest request) => request.State is ApplicationRequest.Waiting or ApplicationRequest.Running;

    private static string Name(ApplicationState state) => state switch
    {
        ApplicationState.Running => "running",
        ApplicationState.Stopped => "stopped",
        _ => "changing",
    };

    private List<ApplicationRequest> Requests()
    {
        lock (_lock)
        {
            return [.. _requests];
        }
    }

    private async Task RunAsync(Task before, string id, ApplicationAction action)
    {
        // Never within the call that asks for it, and never faulted.
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var started = _time.GetTimestamp();
        if (!Begin(id))
        {
            Change(id, request => End(request, "Interrupted", "The service was stopped before it ran this."));
            return;
        }

        ServerLog.ControlBegins(_logger, action.Name(), id, _runtime.Description);
        try
        {
            var result = await CarryOutAsync(action);
            ServerLog.ControlSucceeded(_logger, action.Name(), id, _time.GetElapsedTime(started).TotalSeconds, result?.OutputTail() ?? "");
            Change(id, request => End(request, error: null, result?.OutputTail()));
        }
        catch (Exception e)
        {
            var (error, reason) = e switch
            {
                EngineException { Error: var kind } => (kind.ToString(), e.Message),
                OperationCanceledException => ("Interrupted", "The service was stopped, and the command with it."),
                _ => ("Internal", "An unexpected error occurred. The service's log has the details."),
            };
            ServerLog.ControlFailed(_logger, error == "Internal" ? e : null, action.Name(), id, _time.GetElapsedTime(started).TotalSeconds, reason);
            Change(id, request => End(request, error, reason));
        }
    }

    private Task<CommandResult?> CarryOutAsync(ApplicationAction action) => action switch
    {
        ApplicationAction.Stop => _runtime.StopAsync(_killed.Token),
        ApplicationAction.Start => _runtime.StartAsync(_killed.Token),
        _ => _runtime.DrainAsync(_killed.Token),
    };

    private ApplicationRequest End(ApplicationRequest request, string? error, string? detail) => request with
    {
        State = error is null ? ApplicationRequest.Succeeded : ApplicationRequest.Failed,
        Ended = _time.GetUtcNow(),
        Error = error,
        Detail = string.IsNullOrEmpty(detail) ? null : detail,
    };

    private bool Begin(string id)
    {
        lock (_lock)
        {
            if (!_stopping)
            {
                Change(id, request => request with { State = ApplicationRequest.Running, Started = _time.GetUtcNow() });
            }

            return !_stopping;
        }
    }

    private void Change(string id, Func<ApplicationRequest, ApplicationRequest> change)
    {
        lock (_lock)
        {
            var index = _requests.FindIndex(request => request.Id == id);
            _requests[index] = change(_requests[index]);
        }
    }
}
