using System.CommandLine;
using Microsoft.Extensions.Logging;
using TfeBackup.Cli.Logging;
using TfeBackup.Cli.Operations;
using TfeBackup.Cli.Output;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Scheduling;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Cli.Commands;

/// <summary><c>run</c>: the scheduler.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromHours(1);

    public static Command Create() =>
        new Command("run", "Take the backups that are due, and go on with every operation that was interrupted, until told to stop.")
            .Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        using var host = OperationHost.Open(context);
        using var everything = OperationLock.TakeEverything(host.LockFolder);
        using var loggers = new LineLoggerFactory(context.Terminal, context.Time, LeastOf);
        using var telemetry = new WorkflowTelemetry(loggers);
        var scheduler = new BackupScheduler(
            [.. host.Configuration.Installations.Values], host.Service, context.Time, loggers.CreateLogger<BackupScheduler>());
        context.Terminal.Say(scheduler.NextDue() is { } due
            ? $"Running. The next operation is due {Human.Time(due)}. Ctrl-C ends this; what is under way then goes on with the next start."
            : "Running. No installation has a Schedule: interrupted operations are finished, nothing is begun. Ctrl-C ends this.");

        // Whichever ends first ends the others: a scheduler without a worker would only pile up operations.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var parts = new[]
        {
            host.RunWorkerAsync(operationId: null, telemetry, loggers, stopping.Token),
            scheduler.RunAsync(stopping.Token),
            host.CreateMonitor(telemetry).RunAsync(stopping.Token),
            PurgeAsync(host, scheduler, context.Time, loggers.CreateLogger<OperationHistory>(), stopping.Token),
        };
        await Task.WhenAny(parts);
        await stopping.CancelAsync();
        await Task.WhenAll(parts);
        context.Terminal.Say("Stopped.");
        return ExitCode.Done;
    }

    // The state of every installation, every minute, is for who collects it.
    private static LogLevel LeastOf(string category) =>
        category == TelemetryNames.StateCategory ? LogLevel.Warning : LogLevel.Information;

    private static async Task PurgeAsync(OperationHost host, BackupScheduler scheduler, TimeProvider time, ILogger<OperationHistory> logger, CancellationToken stopping)
    {
        var history = new OperationHistory(host.Configuration.Operations.KeepFor, time, logger);
        try
        {
            while (true)
            {
                _ = await history.TickAsync(host.Client, scheduler.CurrentIds(), stopping);
                await Task.Delay(PurgeInterval, time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
    }
}
