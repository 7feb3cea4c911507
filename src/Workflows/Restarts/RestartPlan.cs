using TfeBackup.Workflows.Operations;

namespace TfeBackup.Workflows.Restarts;

internal sealed record RestartPlan(bool ByHand, bool CanDrain, string Description, TimeSpan Timeout, OperationTimings Timings);

internal enum ControlAction
{
    Drain,
    Stop,
    Status,
    Start,
}

internal sealed record ControlInput(string Installation, ControlAction Action);
