namespace TfeBackup.Operations.Model;

/// <summary>A failure as histories keep it: what remains of a <see cref="OperationException"/> once it has crossed a process.</summary>
/// <param name="Error">What kind of failure.</param>
/// <param name="Message">For an operator.</param>
public sealed record OperationFailure(OperationError Error, string Message)
{
    /// <summary>Describes an exception. Anything but an <see cref="OperationException"/> is a defect and names its type.</summary>
    public static OperationFailure From(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception is OperationException known
            ? new OperationFailure(known.Error, known.Message)
            : new OperationFailure(OperationError.Internal, $"{exception.GetType().Name}: {exception.Message}");
    }

    /// <summary>Reads what <see cref="ToString"/> wrote, for hosts that pass on text alone; anything else is <see cref="OperationError.Internal"/>.</summary>
    public static OperationFailure Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 && char.IsAsciiLetter(text[0]) && Enum.TryParse<OperationError>(text[..colon], out var error)
            ? new OperationFailure(error, text[(colon + 2)..])
            : new OperationFailure(OperationError.Internal, text);
    }

    /// <summary>An exception to throw for it.</summary>
    public OperationException ToException() => new(Error, Message);

    /// <summary>Category and message, <c>Unavailable: …</c>.</summary>
    public override string ToString() => $"{Error}: {Message}";
}
