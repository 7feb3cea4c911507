namespace TfeBackup.Operations.Model;

/// <summary>The progress of an activity.</summary>
/// <param name="Bytes">Bytes moved so far.</param>
/// <param name="Total">Bytes in all, where known.</param>
public sealed record ActivityProgress(long Bytes, long? Total = null);
