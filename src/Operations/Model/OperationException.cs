namespace TfeBackup.Operations.Model;

/// <summary>
/// A failure with a cause an operator can act on. The message names the thing, what was expected, what was found and what
/// to do. It ends up in histories and logs, so it never holds a secret.
/// </summary>
public sealed class OperationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">The category of the failure.</param>
    /// <param name="message">For an operator: the thing, what was expected, what was found, what to do.</param>
    /// <param name="innerException">The cause, where there is one. It does not outlive the process: histories keep the message only.</param>
    public OperationException(OperationError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>The category of the failure.</summary>
    public OperationError Error { get; }

    /// <summary>The operation in the way, where <see cref="Error"/> is <see cref="OperationError.Busy"/> and it is known.</summary>
    public string? Holder { get; init; }

    /// <summary>The faults, one a line, where <see cref="Error"/> is <see cref="OperationError.InvalidConfiguration"/>.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>The advice at the end of <see cref="Exception.Message"/>; null if it has none of its own.</summary>
    public string? Remedy { get; init; }

    /// <summary>
    /// True if the same call may succeed later without any change: <see cref="OperationError.Unavailable"/> and
    /// <see cref="OperationError.Incomplete"/>.
    /// </summary>
    public bool IsTransient => Error is OperationError.Unavailable or OperationError.Incomplete;
}
