namespace TfeBackup.Workflows;

/// <summary>
/// A failure with a cause an operator can act on. The message names the thing, what was expected, what was found and what
/// to do. It ends up in journals, histories and logs, so it never holds a secret.
/// </summary>
public sealed class WorkflowException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">What kind of failure this is.</param>
    /// <param name="message">For an operator: the thing, what was expected, what was found, what to do.</param>
    /// <param name="innerException">The cause, where there is one. It does not outlive the process: journals keep the message only.</param>
    public WorkflowException(WorkflowError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>What kind of failure this is.</summary>
    public WorkflowError Error { get; }

    /// <summary>
    /// Whether the same call may succeed later although nobody changed anything: <see cref="WorkflowError.Unavailable"/> and
    /// <see cref="WorkflowError.Incomplete"/>.
    /// </summary>
    public bool IsTransient => Error is WorkflowError.Unavailable or WorkflowError.Incomplete;
}
