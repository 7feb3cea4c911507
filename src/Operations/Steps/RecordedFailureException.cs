using Microsoft.DurableTask;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Steps;

/// <summary>
/// A failure on its way into a history: its message is a <see cref="OperationFailure"/> as text. It has no inner exception, whose message nobody has
/// checked for secrets.
/// </summary>
internal sealed class RecordedFailureException(OperationFailure failure) : Exception(ToLine(failure.ToString()))
{
    // The Functions host keeps only the type and the first line of the message.
    private const char LineBreak = '\u2028';

    // Added by code that reads Task.Result.
    private const string Wrapping = "One or more errors occurred. (";

    /// <summary>The failure that Durable Task kept.</summary>
    public static OperationFailure Read(TaskFailureDetails details)
    {
        ArgumentNullException.ThrowIfNull(details);
        return Find(details) ?? Describe(details.ErrorType, details.ErrorMessage);
    }

    /// <summary>The failure in an instance's output, where Azure Storage keeps it as one text: its message, or <c>type: message</c>.</summary>
    public static OperationFailure Read(string output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (FromLine(output) is { } failure)
        {
            return failure;
        }

        var colon = output.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0
            ? new OperationFailure(OperationError.Internal, output)
            : Find(output[..colon], output[(colon + 2)..]) ?? Describe(output[..colon], output[(colon + 2)..]);
    }

    /// <summary>
    /// The failure that the app itself recorded; null where there is none: then the host or its worker failed, and of what they were running nobody
    /// knows how it ended.
    /// </summary>
    public static OperationFailure? Find(TaskFailureDetails details)
    {
        for (var found = details; found is not null; found = found.InnerFailure)
        {
            if (Find(found.ErrorType, found.ErrorMessage) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static OperationFailure? Find(string type, string message)
    {
        if (NameOf(type) == nameof(RecordedFailureException))
        {
            return OperationFailure.Parse(message.Replace(LineBreak, '\n'));
        }

        // The host splits type and message at the first colon.
        var text = $"{type}: {message}";
        var start = text.IndexOf(Wrapping, StringComparison.Ordinal);
        if (start < 0 || !text.EndsWith(')'))
        {
            return null;
        }

        return FromLine(text[(start + Wrapping.Length)..^1]);
    }

    /// <summary>The failure whose text this is; null if it is some other text.</summary>
    private static OperationFailure? FromLine(string line)
    {
        var text = line.Replace(LineBreak, '\n');
        return OperationFailure.Parse(text) is var failure && failure.ToString() == text ? failure : null;
    }

    private static OperationFailure Describe(string type, string message) =>
        new(
            NameOf(type) == "NonDeterministicOrchestrationException" ? OperationError.NonDeterministic : OperationError.Internal,
            NameOf(type) == "NonDeterministicOrchestrationException" ? message : $"{NameOf(type)}: {message}");

    private static string NameOf(string type) => type[(type.LastIndexOf('.') + 1)..];

    private static string ToLine(string text) => text.ReplaceLineEndings(LineBreak.ToString());
}
