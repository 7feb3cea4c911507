using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Restart;

/// <summary>Asks for a restart of an installation's application.</summary>
/// <param name="Installation">Which installation.</param>
public sealed record RestartInput(string Installation);

internal sealed record RestartPlan(bool ByHand, bool CanDrain, string Description, TimeSpan Timeout, OperationTimings Timings);

internal enum ControlAction
{
    Drain,
    Stop,
    Status,
    Start,
}

internal sealed record ControlInput(string Installation, ControlAction Action);

internal sealed record ControlOutput(ApplicationState? State, string? Detail);

/// <summary>The result of a restart.</summary>
/// <param name="ByHand">True if the operator did it.</param>
/// <param name="Ready">What the application answered when it was ready again.</param>
public sealed record RestartOutput(bool ByHand, string Ready);
