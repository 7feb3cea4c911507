namespace TfeBackup.Operations.Model;

/// <summary>The progress of an activity.</summary>
/// <param name="Bytes">Bytes moved so far.</param>
/// <param name="Total">Bytes in all, where known.</param>
/// <param name="Estimate">Bytes in all, more or less, where that is what is known: the size of the backup before.</param>
public sealed record ActivityProgress(long Bytes, long? Total = null, long? Estimate = null);
