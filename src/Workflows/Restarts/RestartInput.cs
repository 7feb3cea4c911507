namespace TfeBackup.Workflows.Restarts;

/// <summary>Asks for a restart of an installation's application.</summary>
/// <param name="Installation">Which installation.</param>
public sealed record RestartInput(string Installation);
