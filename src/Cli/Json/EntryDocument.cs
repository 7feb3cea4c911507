namespace TfeBackup.Cli.Json;

/// <summary>One line of the output of <c>ls</c>.</summary>
/// <param name="Path">The entry's path, or a folder's, which ends with a slash.</param>
/// <param name="Entries">How many entries it is: 1, or those in the folder.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Rows">Their rows; left out for what has none.</param>
/// <param name="Sha256">The entry's hash; left out for folders.</param>
internal sealed record EntryDocument(string Path, long Entries, long Bytes, long? Rows, string? Sha256);
