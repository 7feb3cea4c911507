using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Drills;

internal sealed record DrillPlan(BackupRecord Record, string Into, string? Note, OperationTimings Timings);

internal sealed record CompareInput(BackupRecord Record, string Into);

/// <param name="Tables">Tables compared.</param>
/// <param name="Rows">Rows of the backup.</param>
/// <param name="Objects">Objects of the backup.</param>
/// <param name="Count">How many differences there are.</param>
/// <param name="Differences">The first of them, by name.</param>
internal sealed record DrillComparison(int Tables, long Rows, long Objects, long Count, IReadOnlyList<string> Differences);
