using TfeBackup.Engine;

namespace TfeBackup.Server;

/// <summary>At start, finishes what an interrupted restore left; tries until it is done or somebody else did it.</summary>
internal sealed class RecoveryService(Installation installation, TimeProvider time, ILoggerFactory loggers) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var recovery = new InstallationRecovery(installation, loggers.CreateLogger<InstallationRecovery>());
        var logger = loggers.CreateLogger<RecoveryService>();
        while (true)
        {
            try
            {
                await recovery.RunAsync(stoppingToken);
                return;
            }
            catch (EngineException e)
            {
                ServerLog.RecoveryDelayed(logger, e.Message);
            }

            await Task.Delay(Pause, time, stoppingToken);
        }
    }
}
