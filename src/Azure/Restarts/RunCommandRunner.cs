using System.Security.Cryptography;
using Azure;
using Azure.Identity;
using Azure.ResourceManager.Compute.Models;
using TfeBackup.Engine.Application;
using TfeBackup.Operations.Model;

namespace TfeBackup.Azure.Restarts;

/// <summary>
/// Runs a command on a virtual machine by managed Run Command: a resource below the machine's, which the machine's agent carries out as
/// root; its instance view has the exit code and the end of what was said. The resource goes when the command has ended.
/// </summary>
/// <remarks>
/// Resources that a killed process left are removed by the next command. The machine's agent ends a command that takes too long; one that does not
/// answer at all is waited for five minutes longer, and then deleted, which ends it.
/// </remarks>
internal sealed class RunCommandRunner(IRunCommandTarget target, TimeProvider time, TimeSpan pollingInterval) : ICommandRunner
{
    // What a shell answers for a program it does not find.
    private const int NotFound = 127;

    private static readonly TimeSpan AgentTimeout = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public string Place => $"on {target.Description}";

    /// <inheritdoc/>
    public async Task<CommandResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var script = RunCommandScript.Of(command, timeout);
        using var deadline = new CancellationTokenSource(timeout + AgentTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await RemoveLeftoversAsync(ending.Token);
            return await RunAsync(command, script, timeout, ending.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(
                OperationError.TimedOut,
                $"'{CommandLine.Display(command)}' did not finish {Place} within {(timeout + AgentTimeout).TotalSeconds:0} s, and the machine's agent did not stop it. Check that the machine and its agent are running.");
        }
        catch (Exception e) when (e is RequestFailedException or AuthenticationFailedException or AggregateException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw ArmErrors.Translate(e, $"run '{CommandLine.Display(command)}' {Place}");
        }
    }

    private async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command, string script, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // A name of its own: a resource that is there already might be taken for one that has run already.
        var name = $"{RunCommandLeftovers.Prefix}{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        try
        {
            await target.RunAsync(name, script, timeout, time.GetUtcNow() + timeout + AgentTimeout, pollingInterval, cancellationToken);
            var view = await target.GetInstanceViewAsync(name, cancellationToken);
            return Read(command, view, timeout);
        }
        finally
        {
            // Not waited for: what matters is known. And not under the caller's token: it must go also when he has given up.
            await RemoveAsync(name);
        }
    }

    private CommandResult Read(IReadOnlyList<string> command, VirtualMachineRunCommandInstanceView view, TimeSpan timeout)
    {
        if (view.ExecutionState == ExecutionState.TimedOut)
        {
            throw new OperationException(
                OperationError.TimedOut, $"'{CommandLine.Display(command)}' did not finish {Place} within {timeout.TotalSeconds:0} s and was stopped by the machine's agent.");
        }

        var hasEnded = view.ExecutionState == ExecutionState.Succeeded || view.ExecutionState == ExecutionState.Failed;
        if (!hasEnded || view.ExitCode is not { } exitCode)
        {
            throw new OperationException(
                OperationError.Unavailable,
                $"'{CommandLine.Display(command)}' was not run {Place}: the agent reports {view.ExecutionState?.ToString() ?? "nothing"}"
                    + $"{(string.IsNullOrEmpty(view.ExecutionMessage) ? "" : $", {view.ExecutionMessage}")}.");
        }

        var result = RunCommandScript.Read(exitCode, view.Output ?? "", view.Error ?? "");
        return result.ExitCode == NotFound
            ? throw new OperationException(
                OperationError.InvalidConfiguration,
                $"Cannot run '{CommandLine.Display(command)}' {Place}: the program was not found there. Put it on root's PATH, or use its full path.")
            : result;
    }

    private async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await foreach (var (name, expires) in target.ListAsync(cancellationToken))
        {
            if (RunCommandLeftovers.IsLeftover(name, expires, now))
            {
                await RemoveAsync(name);
            }
        }
    }

    private async Task RemoveAsync(string name)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMinutes(1), time);
        try
        {
            await target.DeleteAsync(name, soon.Token);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException or AuthenticationFailedException)
        {
            // The next command removes it.
        }
    }
}
