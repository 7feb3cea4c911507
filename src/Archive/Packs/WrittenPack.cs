namespace TfeBackup.Archive.Packs;

/// <summary>A pack that was written.</summary>
/// <param name="Pack">Its name and sizes.</param>
/// <param name="Entries">Its entries in the order they stand, for an index.</param>
public sealed record WrittenPack(PackUse Pack, IReadOnlyList<IndexEntry> Entries);
