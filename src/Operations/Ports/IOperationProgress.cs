using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>
/// Shows how far the activity at work has come, for live display only: what is lost is lost. Both calls are cheap and safe from any thread.
/// </summary>
public interface IOperationProgress
{
    /// <summary>Shows how far an operation's present activity has come; a later value replaces it.</summary>
    void Report(string operationId, ActivityProgress value);

    /// <summary>Says that the activity has ended.</summary>
    void Clear(string operationId);
}
