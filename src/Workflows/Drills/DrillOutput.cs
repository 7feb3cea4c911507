using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Drills;

/// <summary>What a drill that passed came to.</summary>
/// <param name="Backup">The backup that was restored.</param>
/// <param name="Result">Into what, and what was compared.</param>
/// <param name="Restart">The restart of the scratch installation.</param>
public sealed record DrillOutput(BackupKey Backup, DrillResult Result, RestartOutput Restart);
