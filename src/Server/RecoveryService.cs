using TfeBackup.Engine;

namespace TfeBackup.Server;

/// <summary>
/// Finishes what interrupted restores left, as long as this service lives: at its start, whenever an operation here has failed, and now and then,
/// as other nodes can fail too. What cannot be finished yet is tried again until it can.
/// </summary>
internal sealed class RecoveryService(Installation installation, TimeProvider time, ILoggerFactory loggers) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _wanted = new(0, 1);

    /// <summary>The reason a recovery is pending; null if none is, or another node does it.</summary>
    public string? Pending { get; private set; }

    /// <summary>Asks for a try now.</summary>
    public void Trigger()
    {
        try
        {
            _wanted.Release();
        }
        catch (SemaphoreFullException)
        {
            // It was asked for already.
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _wanted.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var recovery = new InstallationRecovery(installation, loggers.CreateLogger<InstallationRecovery>());
        var logger = loggers.CreateLogger<RecoveryService>();
        var pause = FirstPause;
        while (true)
        {
            try
            {
                await recovery.RunAsync(stoppingToken);
                Pending = null;
            }
            catch (EngineException e) when (e.Error == EngineError.Busy)
            {
                // A restore is under way, or another node does this.
                Pending = null;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is, this must not be the last try.
                var reason = e is EngineException ? e.Message : $"{e.GetType().Name}: {e.Message}";
                if (reason != Pending)
                {
                    ServerLog.RecoveryDelayed(logger, reason);
                }

                Pending = reason;
            }

            pause = Pending is null ? FirstPause : TimeSpan.FromSeconds(Math.Min(Interval.TotalSeconds, pause.TotalSeconds * 2));
            using var timer = new CancellationTokenSource(Pending is null ? Interval : pause, time);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, timer.Token);
            try
            {
                await _wanted.WaitAsync(ending.Token);
                pause = FirstPause;
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // It is time.
            }
        }
    }
}
