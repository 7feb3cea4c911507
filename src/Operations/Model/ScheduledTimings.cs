namespace TfeBackup.Operations.Model;

/// <summary>The timings of scheduled backups: unattended, they may wait longer than what an operator asked for.</summary>
/// <param name="ReadyTimeout">The time its installation may take to become ready.</param>
/// <param name="Attempts">How often its transfers are tried in all.</param>
/// <param name="Timeout">No further attempt of a transfer begins this long after the first began.</param>
public sealed record ScheduledTimings(TimeSpan ReadyTimeout, int Attempts, TimeSpan Timeout);
