namespace TfeBackup.Workflows.Orchestrations;

/// <summary>A failure as journals keep it: what remains of a <see cref="WorkflowException"/> once it has crossed a process.</summary>
/// <param name="Error">What kind of failure.</param>
/// <param name="Message">For an operator.</param>
public sealed record WorkflowFailure(WorkflowError Error, string Message)
{
    /// <summary>The failure an exception stands for. What is not a <see cref="WorkflowException"/> is a defect and says its type.</summary>
    public static WorkflowFailure From(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception is WorkflowException known
            ? new WorkflowFailure(known.Error, known.Message)
            : new WorkflowFailure(WorkflowError.Internal, $"{exception.GetType().Name}: {exception.Message}");
    }

    /// <summary>Reads what <see cref="ToString"/> wrote, for hosts that pass on text alone; anything else is <see cref="WorkflowError.Internal"/>.</summary>
    public static WorkflowFailure Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 && char.IsAsciiLetter(text[0]) && Enum.TryParse<WorkflowError>(text[..colon], out var error)
            ? new WorkflowFailure(error, text[(colon + 2)..])
            : new WorkflowFailure(WorkflowError.Internal, text);
    }

    /// <summary>An exception to throw for it.</summary>
    public WorkflowException ToException() => new(Error, Message);

    /// <summary>Category and message, <c>Unavailable: …</c>.</summary>
    public override string ToString() => $"{Error}: {Message}";
}
