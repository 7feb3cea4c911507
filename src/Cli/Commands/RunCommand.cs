using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TfeBackup.Cli.Logging;
using TfeBackup.Cli.Operations;
using TfeBackup.Cli.Output;
using TfeBackup.Cli.Running;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Cli.Commands;

/// <summary><c>run</c>: the scheduler.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromHours(1);

    public static Command Create()
    {
        var listen = new Option<int?>("--listen") { Description = "Serve /healthz and /metrics (Prometheus) on this port of 127.0.0.1.", HelpName = "PORT" };
        listen.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(ushort.TryParse(token.Value, out var port) && port > 0))
            {
                result.AddError("'--listen' must be a port from 1 to 65535.");
            }
        });
        return new Command("run", "Take the backups that are due, until stopped. Scheduled operations that were interrupted resume; others only on request. Under systemd it says when it is ready, and that it is alive.") { listen }
            .Does((context, cancellationToken) => RunAsync(context, context.Get(listen), cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, int? port, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        using var everything = OperationLock.TakeEverything(host.StateFolder);
        using var loggers = new LineLoggerFactory(context.Terminal, context.Time, context.Terminal.IsVerbose ? static _ => LogLevel.Debug : LeastOf);
        using var worker = host.CreateWorker(OperationIds.ScheduledPattern, loggers);
        using var systemd = SystemdNotifier.FromEnvironment();
        var scheduler = worker.Services.GetRequiredService<BackupScheduler>();
        var liveness = new Liveness(scheduler, context.Time);
        using var endpoint = port is { } number ? new MonitoringEndpoint(number, liveness.FindFault) : null;
        var next = scheduler.NextDue() is { } due ? $"The next operation is due {Human.Time(due)}." : null;
        context.Terminal.Say(next is not null
            ? $"Running. {next} Press Ctrl-C to stop. Scheduled operations in progress resume at the next start."
            : "Running. No installation has a Schedule: interrupted scheduled operations are finished, none are started. Press Ctrl-C to stop.");
        await SayWhatResumesAsync(host, context, cancellationToken);

        // Whichever ends first ends the others: a scheduler without a worker would only pile up operations.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await worker.StartAsync(CancellationToken.None);
        systemd.Say($"READY=1\nSTATUS={next ?? "Nothing is due."}");
        Task[] parts =
        [
            scheduler.RunAsync(stopping.Token),
            worker.Services.GetRequiredService<InstallationMonitor>().RunAsync(stopping.Token),
            PurgeAsync(worker.Services.GetRequiredService<OperationHistory>(), scheduler, context.Time, stopping.Token),
            .. endpoint is null ? (Task[])[] : [endpoint.RunAsync(stopping.Token)],
            .. systemd.WatchdogInterval is { } interval ? (Task[])[liveness.TellAsync(systemd, interval, stopping.Token)] : [],
        ];
        await Task.WhenAny(parts);
        systemd.Say("STOPPING=1");
        await stopping.CancelAsync();
        try
        {
            await Task.WhenAll(parts);
        }
        finally
        {
            await worker.StopAsync(CancellationToken.None);
        }

        context.Terminal.Say("Stopped.");
        return ExitCode.Done;
    }

    private static async Task SayWhatResumesAsync(OperationHost host, CommandContext context, CancellationToken cancellationToken)
    {
        await foreach (var operation in host.Queries.ListAsync(
            new OperationQuery { State = OperationState.Running, Limit = int.MaxValue }, cancellationToken))
        {
            if (OperationIds.IsScheduled(operation.Id))
            {
                context.Terminal.Say($"Resuming {operation.Id}, started {Human.Time(operation.Created)}.");
            }
            else if (OperationPrinter.IsInterrupted(host, operation))
            {
                context.Terminal.Say($"Operation {operation.Id} was interrupted and is not resumed: 'tfe-backup operations {operation.Id} --resume' resumes it, '--cancel' cancels it.");
            }
        }
    }

    // The state of every installation, every minute, is for who collects it; each move of an operation, for who looks for a fault in the engine.
    private static LogLevel LeastOf(string category) =>
        category == TelemetryNames.StateCategory || category.StartsWith("DurableTask.", StringComparison.Ordinal) || category.StartsWith("Microsoft.DurableTask.", StringComparison.Ordinal)
            ? LogLevel.Warning
            : LogLevel.Information;

    private static async Task PurgeAsync(OperationHistory history, BackupScheduler scheduler, TimeProvider time, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                _ = await history.TickAsync(scheduler.CurrentIds(), stopping);
                await Task.Delay(PurgeInterval, time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
    }
}
