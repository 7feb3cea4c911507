namespace TfeBackup.Workflows.Drills;

/// <summary>Asks for a drill.</summary>
/// <param name="Installation">The installation whose newest backup is restored; where to, its configuration says.</param>
/// <param name="Due">When it was due (UTC); null where an operator asked for it.</param>
public sealed record DrillInput(string Installation, DateTimeOffset? Due = null);
