using Microsoft.Extensions.Logging;
using TfeBackup.Cli.Commands;
using TfeBackup.Cli.Logging;
using TfeBackup.Cli.Output;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restore;

namespace TfeBackup.Cli.Operations;

/// <summary>
/// Runs one operation to its end in this process: a new one, or one that was interrupted. What is done stands in its history, so whatever
/// ends this process, the next one goes on.
/// </summary>
internal sealed class OperationRunner(OperationHost host, CommandContext context)
{
    private static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(150);

    private Terminal Terminal => context.Terminal;

    /// <summary>
    /// Runs what a command asks for. If the same was asked for before and was interrupted, that goes on instead; if it is under way, the new
    /// one is refused.
    /// </summary>
    /// <param name="start">Starts the operation.</param>
    /// <param name="isSame">True if an operation that has not ended is the one asked for.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    public async Task<OperationInstance> RunAsync(
        Func<OperationService, CancellationToken, Task<string>> start, Func<OperationInstance, bool> isSame, CancellationToken cancellationToken)
    {
        if (await FindRunningAsync(isSame, cancellationToken) is { } earlier
            && OperationLock.TryTake(host.StateFolder, earlier.Id) is { } taken)
        {
            using (taken)
            {
                Terminal.Say($"Resuming operation {earlier.Id}, started {Human.Time(earlier.Created)} and interrupted.");
                return await FollowAsync(earlier.Id, cancellationToken);
            }
        }

        string id;
        try
        {
            id = await start(host.Service, cancellationToken);
        }
        catch (OperationException e) when (e.Error == OperationError.Busy)
        {
            await AdviseAsync(e.Holder, cancellationToken);
            throw;
        }

        using var mine = OperationLock.TryTake(host.StateFolder, id);
        return await FollowAsync(id, cancellationToken);
    }

    /// <summary>Goes on with an operation that was interrupted; where another process works on it, watches.</summary>
    public async Task<OperationInstance> ResumeAsync(string id, CancellationToken cancellationToken)
    {
        using var mine = OperationLock.TryTake(host.StateFolder, id);
        return await FollowAsync(id, cancellationToken);
    }

    // A process that watches what another one works on is a worker as well: leases keep the two apart, and if the other dies this one goes on.
    private async Task<OperationInstance> FollowAsync(string id, CancellationToken cancellationToken)
    {
        await host.CheckVersionAsync(id);
        using var view = new OperationView(Terminal, context.Time, id);
        using var loggers = new LineLoggerFactory(Terminal, context.Time, Terminal.IsVerbose ? static _ => LogLevel.Debug : LeastOf);
        using var worker = host.CreateWorker(id, loggers);
        try
        {
            // Not the caller's token: it would end the worker before what is interrupted has been put right.
            await worker.StartAsync(CancellationToken.None);
            while (true)
            {
                var instance = await host.GetAsync(id, cancellationToken);
                view.Show(instance, host.Progress.Find(id));
                if (instance.State != OperationState.Running)
                {
                    return instance;
                }

                await Task.Delay(LookInterval, context.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            view.Dispose();
            if (await host.GetAsync(id, CancellationToken.None) is { State: OperationState.Running, Name: RestoreOrchestrator.OrchestrationName, Status: null or { Target: TargetState.Unchanged } })
            {
                // A restore that has changed nothing yet must not do so later, when nobody looks.
                return await CancelAsync(id);
            }

            Terminal.Say($"Operation {id} was interrupted. It resumes with the same command, or with 'tfe-backup operations {id} --resume';");
            Terminal.Say($"'tfe-backup operations {id} --cancel' cancels it.");
            throw;
        }
        finally
        {
            await worker.StopAsync(CancellationToken.None);
        }
    }

    private async Task<OperationInstance> CancelAsync(string id)
    {
        Terminal.Say($"Cancelling {id}: the target has not been changed.");
        await host.Service.CancelAsync(id, new OperatorNote(Environment.UserName, "interrupted"), CancellationToken.None);
        using var deadline = new CancellationTokenSource(CancelTimeout, context.Time);
        try
        {
            return await host.Queries.WaitAsync(id, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new OperationException(
                OperationError.Cancelled,
                $"Operation {id} is cancelled and could not be ended within {CancelTimeout.TotalSeconds:0} s: nothing that changes the target begins any more. 'tfe-backup operations {id} --resume' ends it.");
        }
    }

    // What the worker and the report say of an operation that is being watched is on the screen already.
    private static LogLevel LeastOf(string category) => category switch
    {
        _ when category.StartsWith("TfeBackup.Operations.", StringComparison.Ordinal) => LogLevel.None,
        _ when category.Contains(".Operations.", StringComparison.Ordinal) => LogLevel.None,
        _ when category.Contains("DurableTask", StringComparison.Ordinal) || category.StartsWith("Microsoft.", StringComparison.Ordinal) => LogLevel.Error,
        _ => LogLevel.Warning,
    };

    private async Task<OperationInstance?> FindRunningAsync(Func<OperationInstance, bool> isSame, CancellationToken cancellationToken)
    {
        await foreach (var instance in host.Queries.ListAsync(
            new OperationQuery { State = OperationState.Running, Limit = int.MaxValue }, cancellationToken))
        {
            if (isSame(instance))
            {
                return instance;
            }
        }

        return null;
    }

    private async Task AdviseAsync(string? holderId, CancellationToken cancellationToken)
    {
        var holder = holderId is null ? null : await host.Queries.FindAsync(holderId, cancellationToken);
        if (holder is not null && OperationPrinter.IsInterrupted(host, holder))
        {
            Terminal.Say($"Operation {holder.Id} was interrupted. Resume it with 'tfe-backup operations {holder.Id} --resume'");
            Terminal.Say($"or cancel it with 'tfe-backup operations {holder.Id} --cancel'.");
        }
    }
}
