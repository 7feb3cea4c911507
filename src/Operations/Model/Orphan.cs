namespace TfeBackup.Operations.Model;

/// <summary>Data (or an unfinished upload that takes space) without a record: what an interrupted backup left.</summary>
/// <param name="Key">The backup it would have been.</param>
/// <param name="Size">Its size in bytes, as far as the store can tell.</param>
/// <param name="LastWritten">When something of it was last written (UTC).</param>
public sealed record Orphan(BackupKey Key, long Size, DateTimeOffset LastWritten);
