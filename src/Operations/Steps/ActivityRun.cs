using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations.Steps;

/// <summary>One run of an activity.</summary>
/// <param name="operationId">The operation it belongs to.</param>
/// <param name="progress">Shows its progress.</param>
internal sealed class ActivityRun(string operationId, IOperationProgress progress)
{
    public string OperationId => operationId;

    /// <summary>Shows its progress. Cheap; any thread.</summary>
    public void Report(ActivityProgress value) => progress.Report(operationId, value);
}
