namespace TfeBackup.Archive;

/// <summary>Counts of the values a backup found in a column that is declared encrypted.</summary>
/// <param name="Name">The column: <c>schema.table.column</c>, unquoted.</param>
/// <param name="Decrypted">Values in which something was decrypted.</param>
/// <param name="Plain">Values in which nothing was: those that are neither null nor empty.</param>
public sealed record ArchiveColumn(string Name, long Decrypted, long Plain);
