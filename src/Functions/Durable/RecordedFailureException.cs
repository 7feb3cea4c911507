using Microsoft.DurableTask;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Durable;

/// <summary>
/// A failure on its way into a history: its message is a <see cref="WorkflowFailure"/> as text. It has no inner exception, whose message nobody has
/// checked for secrets.
/// </summary>
internal sealed class RecordedFailureException(WorkflowFailure failure) : Exception(ToLine(failure.ToString()))
{
    // Of an activity's failure the host keeps type and message, and of the message the first line.
    private const char LineBreak = '\u2028';

    /// <summary>The failure that Durable Task kept.</summary>
    public static WorkflowFailure Read(TaskFailureDetails details)
    {
        ArgumentNullException.ThrowIfNull(details);
        return Read(details.ErrorType, details.ErrorMessage);
    }

    /// <summary>The failure in an instance's output, where Azure Storage keeps it as one text, <c>type: message</c>.</summary>
    public static WorkflowFailure Read(string output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var colon = output.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? new WorkflowFailure(WorkflowError.Internal, output) : Read(output[..colon], output[(colon + 2)..]);
    }

    private static WorkflowFailure Read(string type, string message)
    {
        var name = type[(type.LastIndexOf('.') + 1)..];
        return name switch
        {
            nameof(RecordedFailureException) => WorkflowFailure.Parse(message.Replace(LineBreak, '\n')),
            "NonDeterministicOrchestrationException" => new WorkflowFailure(WorkflowError.NonDeterministic, message),
            _ => new WorkflowFailure(WorkflowError.Internal, $"{name}: {message}"),
        };
    }

    private static string ToLine(string text) => text.ReplaceLineEndings(LineBreak.ToString());
}
