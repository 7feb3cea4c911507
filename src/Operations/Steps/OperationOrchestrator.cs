using Microsoft.DurableTask;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Steps;

/// <summary>An orchestrator of an operation: deterministic code over an <see cref="OperationRun"/>.</summary>
/// <typeparam name="TInput">Its input.</typeparam>
/// <typeparam name="TOutput">Its output.</typeparam>
public abstract class OperationOrchestrator<TInput, TOutput> : TaskOrchestrator<TInput, TOutput>
{
    private protected OperationOrchestrator()
    {
    }

    /// <inheritdoc/>
    public sealed override async Task<TOutput> RunAsync(TaskOrchestrationContext context, TInput input)
    {
        try
        {
            return input is null
                ? throw new OperationException(OperationError.InvalidRequest, $"The input of {context.Name} is null.")
                : await OperationRun.RunAsync(context, Kind, InstallationOf(input), run => RunAsync(run, input));
        }
        catch (OperationException e)
        {
            throw new RecordedFailureException(OperationFailure.From(e));
        }
    }

    /// <summary>The kind of operation.</summary>
    protected abstract OperationKind Kind { get; }

    /// <summary>Gets the installation that an operation is about.</summary>
    protected abstract string InstallationOf(TInput input);

    private protected abstract Task<TOutput> RunAsync(OperationRun run, TInput input);
}
