namespace TfeBackup.Engine.Database.Parts;

/// <summary>A part of a table as an index knows it.</summary>
/// <param name="Rows">The number of its rows, of all its segments.</param>
/// <param name="Snapshot">The xmin, in 64 bits, of the snapshot it was last compared under.</param>
internal sealed record KnownPart(long Rows, long Snapshot);
