namespace TfeBackup.Workflows.Orchestrations;

/// <summary>How far an activity has come.</summary>
/// <param name="Bytes">Bytes moved so far.</param>
/// <param name="Total">Bytes in all, where known.</param>
public sealed record ActivityProgress(long Bytes, long? Total = null);
