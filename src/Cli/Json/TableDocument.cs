namespace TfeBackup.Cli.Json;

/// <summary>A table in a backup.</summary>
internal sealed record TableDocument(string Schema, string Table, int Parts, long Rows, long Bytes);
