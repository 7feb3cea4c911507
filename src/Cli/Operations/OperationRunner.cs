using Microsoft.Extensions.Logging;
using TfeBackup.Cli.Commands;
using TfeBackup.Cli.Logging;
using TfeBackup.Cli.Output;
using TfeBackup.Local.Runtime;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Cli.Operations;

/// <summary>
/// Runs one operation to its end in this process: a new one, or one that was interrupted. What is done stands in the journal, so whatever
/// ends this process, the next one goes on.
/// </summary>
internal sealed class OperationRunner(OperationHost host, CommandContext context)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(150);

    private Terminal Terminal => context.Terminal;

    /// <summary>
    /// Runs what a command asks for. If the same was asked for before and was interrupted, that goes on instead; if it is under way, the new
    /// one is refused.
    /// </summary>
    /// <param name="start">Starts the operation.</param>
    /// <param name="isSame">Whether an operation that has not ended is the one asked for.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    public async Task<WorkflowInstance> RunAsync(
        Func<OperationService, CancellationToken, Task<string>> start, Func<WorkflowInstance, bool> isSame, CancellationToken cancellationToken)
    {
        if (await FindRunningAsync(isSame, cancellationToken) is { } earlier
            && OperationLock.TryTake(host.LockFolder, earlier.Id) is { } taken)
        {
            using (taken)
            {
                Terminal.Say($"Going on with operation {earlier.Id}, begun {Human.Time(earlier.Created)} and interrupted.");
                return await FollowAsync(earlier.Id, cancellationToken);
            }
        }

        string id;
        try
        {
            id = await start(host.Service, cancellationToken);
        }
        catch (WorkflowException e) when (e.Error == WorkflowError.Busy)
        {
            await AdviseAsync(e.Message, cancellationToken);
            throw;
        }

        using var mine = OperationLock.TryTake(host.LockFolder, id);
        return await FollowAsync(id, cancellationToken);
    }

    /// <summary>Goes on with an operation that was interrupted; where another process works on it, watches.</summary>
    public async Task<WorkflowInstance> ResumeAsync(string id, CancellationToken cancellationToken)
    {
        using var mine = OperationLock.TryTake(host.LockFolder, id);
        return await FollowAsync(id, cancellationToken);
    }

    // A process that watches what another one works on is a worker as well: leases keep the two apart, and if the other dies this one goes on.
    private async Task<WorkflowInstance> FollowAsync(string id, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var view = new OperationView(Terminal, context.Time, id);
        using var loggers = new LineLoggerFactory(Terminal, context.Time, LeastOf);
        var worker = host.RunWorkerAsync(id, loggers, stopping.Token);
        try
        {
            while (true)
            {
                var instance = await host.GetAsync(id, cancellationToken);
                view.Show(instance);
                if (instance.State != WorkflowState.Running)
                {
                    return instance;
                }

                if (worker.IsCompleted)
                {
                    await worker;
                }

                await Task.Delay(LookInterval, context.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            view.Dispose();
            Terminal.Say($"Operation {id} is kept as it stands. It goes on with the same command, with 'tfe-backup run', or with");
            Terminal.Say($"'tfe-backup operations {id} --resume'; 'tfe-backup operations {id} --cancel' gives it up.");
            throw;
        }
        finally
        {
            await stopping.CancelAsync();
            await worker;
        }
    }

    // What the worker and the report say of an operation that is being watched is on the screen already.
    private static LogLevel LeastOf(string category) => category switch
    {
        _ when category.EndsWith(nameof(LocalWorkflowWorker), StringComparison.Ordinal) => LogLevel.Error,
        _ when category.Contains(".Operations.", StringComparison.Ordinal) => LogLevel.None,
        _ => LogLevel.Warning,
    };

    private async Task<WorkflowInstance?> FindRunningAsync(Func<WorkflowInstance, bool> isSame, CancellationToken cancellationToken)
    {
        await foreach (var instance in host.Client.ListAsync(
            new WorkflowQuery { State = WorkflowState.Running, Limit = int.MaxValue }, cancellationToken))
        {
            if (isSame(instance))
            {
                return instance;
            }
        }

        return null;
    }

    private async Task AdviseAsync(string message, CancellationToken cancellationToken)
    {
        var holder = await FindRunningAsync(instance => message.Contains(instance.Id, StringComparison.Ordinal), cancellationToken);
        if (holder is not null && OperationPrinter.IsInterrupted(host, holder))
        {
            Terminal.Say($"No process works on operation {holder.Id}: it was interrupted. 'tfe-backup operations {holder.Id} --resume' goes on");
            Terminal.Say($"with it, 'tfe-backup operations {holder.Id} --cancel' gives it up.");
        }
    }
}
