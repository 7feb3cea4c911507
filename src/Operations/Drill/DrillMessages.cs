using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restart;

namespace TfeBackup.Operations.Drill;

/// <summary>Asks for a drill.</summary>
/// <param name="Installation">The installation whose newest backup is restored; where to, its configuration says.</param>
/// <param name="Due">When it was due (UTC); null where an operator asked for it.</param>
/// <param name="WaitUntil">Of a scheduled one that is late: how long it waits for another operation that is in its way, in place of being skipped (UTC).</param>
public sealed record DrillInput(string Installation, DateTimeOffset? Due = null, DateTimeOffset? WaitUntil = null);

/// <param name="Record">The backup.</param>
/// <param name="Into">The scratch installation.</param>
/// <param name="Note">A note on the choice for the operator.</param>
/// <param name="Timings">The timings in force.</param>
/// <param name="LooksFirst">True if the scratch installation is looked at before the backup is read; false in plans of earlier versions.</param>
internal sealed record DrillPlan(BackupRecord Record, string Into, string? Note, OperationTimings Timings, bool LooksFirst = false);

internal sealed record CompareInput(BackupRecord Record, string Into);

/// <param name="Tables">Tables compared.</param>
/// <param name="Rows">Rows of the backup.</param>
/// <param name="Objects">Objects of the backup.</param>
/// <param name="Count">The number of differences.</param>
/// <param name="Differences">The first of them, by name.</param>
internal sealed record DrillComparison(int Tables, long Rows, long Objects, long Count, IReadOnlyList<string> Differences);

/// <summary>The result of a drill that passed.</summary>
/// <param name="Backup">The backup that was restored.</param>
/// <param name="Result">Into what, and what was compared.</param>
/// <param name="Restart">The restart of the scratch installation.</param>
public sealed record DrillOutput(BackupKey Backup, DrillResult Result, RestartOutput Restart);
