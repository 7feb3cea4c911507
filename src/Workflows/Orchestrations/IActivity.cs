namespace TfeBackup.Workflows.Orchestrations;

/// <summary>
/// A step that does I/O. It may be run again after a crash, from the start, with the same input, even while an earlier run that lost its
/// host is still ending: it is written so that this does no harm. Instances are shared and hold no state of a run.
/// </summary>
public interface IActivity
{
    /// <summary>The name orchestrations call it by. Never reused for something else: histories hold it.</summary>
    string Name { get; }

    /// <summary>Does the work.</summary>
    /// <param name="context">About this run.</param>
    /// <param name="input">JSON, as the orchestration gave it.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the host shuts down, when the operation was cancelled, or when the host lost the right to run this.
    /// </param>
    /// <returns>JSON; never a secret.</returns>
    /// <exception cref="WorkflowException">It failed. Any other exception is taken for a defect: <see cref="WorkflowError.Internal"/>.</exception>
    Task<string> RunAsync(IActivityContext context, string input, CancellationToken cancellationToken);
}
