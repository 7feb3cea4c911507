namespace TfeBackup.Cli.Json;

/// <summary>What <c>extract</c> prints.</summary>
internal sealed record ExtractDocument(string Folder, long Files, long Bytes);
