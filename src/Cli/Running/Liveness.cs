using TfeBackup.Operations;

namespace TfeBackup.Cli.Running;

/// <summary>Tells that the scheduler is alive: it has looked for what is due within the last minutes.</summary>
internal sealed class Liveness(BackupScheduler scheduler, TimeProvider time)
{
    // A tick may wait for a busy disk; several in a row do not.
    private static readonly TimeSpan Patience = 6 * BackupScheduler.TickInterval;

    private readonly DateTimeOffset _started = time.GetUtcNow();

    /// <summary>What is not alive; null where all is.</summary>
    public string? FindFault()
    {
        var silent = time.GetUtcNow() - (scheduler.LastTick ?? _started);
        return silent <= Patience ? null : $"the scheduler has not looked for what is due for {silent.TotalSeconds:0} s";
    }

    /// <summary>Tells systemd as long as it is so, until told to stop.</summary>
    public async Task TellAsync(SystemdNotifier systemd, TimeSpan interval, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                if (FindFault() is null)
                {
                    systemd.Say("WATCHDOG=1");
                }

                await Task.Delay(interval, time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
    }
}
