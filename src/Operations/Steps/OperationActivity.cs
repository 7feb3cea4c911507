using Microsoft.DurableTask;

namespace TfeBackup.Operations.Steps;

/// <summary>
/// A step that does I/O. It may be run again after a crash, from the start, with the same input, even while an earlier run that lost its host
/// is still ending: it is written so that this does no harm. Instances hold no state of a run.
/// </summary>
/// <typeparam name="TInput">Its input.</typeparam>
/// <typeparam name="TOutput">Its output.</typeparam>
public abstract class OperationActivity<TInput, TOutput> : TaskActivity<TInput, TOutput>
{
    private readonly ActivityServices _services;

    private protected OperationActivity(ActivityServices services)
    {
        _services = services;
    }

    /// <inheritdoc/>
    public sealed override Task<TOutput> RunAsync(TaskActivityContext context, TInput input) =>
        _services.RunAsync(
            context, InstallationOf(input), Changes(input), (run, cancellationToken) => RunAsync(run, input, cancellationToken));

    /// <summary>Gets the installation that a run is about, for traces; null where it is about none.</summary>
    protected abstract string? InstallationOf(TInput input);

    /// <summary>Gets whether a run has side effects on an installation or a store. If so, it does not begin once its operation is cancelled.</summary>
    protected virtual bool Changes(TInput input) => false;

    /// <summary>Does the work.</summary>
    /// <exception cref="Model.OperationException">It failed. Any other exception is treated as a defect.</exception>
    private protected abstract Task<TOutput> RunAsync(ActivityRun run, TInput input, CancellationToken cancellationToken);
}
