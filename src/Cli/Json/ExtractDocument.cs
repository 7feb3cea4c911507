namespace TfeBackup.Cli.Json;

/// <summary>The output of <c>extract</c>.</summary>
internal sealed record ExtractDocument(string Folder, long Files, long Bytes);
