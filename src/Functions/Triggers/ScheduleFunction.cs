using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using TfeBackup.Functions.Composition;
using TfeBackup.Operations;

namespace TfeBackup.Functions.Triggers;

/// <summary>
/// Starts what is due, every minute, says how old every installation's backups are, and once a day forgets operations that ended long ago. Which due
/// time was the last decides the operation's id, so a late or doubled tick starts nothing twice, and after missed ones the last is made up for.
/// </summary>
internal sealed class ScheduleFunction(IServiceProvider services, DurableClients clients)
{
    [Function("Schedule")]
    public async Task RunAsync(
        [TimerTrigger("0 * * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        clients.Remember(client);
        var scheduler = services.GetRequiredService<BackupScheduler>();
        try
        {
            _ = await scheduler.TickAsync(cancellationToken);
        }
        finally
        {
            // Even if nothing can be started: stale backups must raise an alert.
            _ = await services.GetRequiredService<InstallationMonitor>().TickAsync(cancellationToken);
        }

        _ = await services.GetRequiredService<OperationHistory>().TickAsync(scheduler.CurrentIds(), cancellationToken);
    }
}
