namespace TfeBackup.Workflows.Restarts;

/// <summary>What a restart came to.</summary>
/// <param name="ByHand">Whether the operator did it.</param>
/// <param name="Ready">What the application answered when it was ready again.</param>
public sealed record RestartOutput(bool ByHand, string Ready);
