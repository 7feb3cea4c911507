namespace TfeBackup.Operations.Model;

/// <summary>The bytes of a backup as they were streamed.</summary>
/// <param name="Size">How many.</param>
/// <param name="Sha256">Their SHA-256, 64 lower-case hexadecimal digits.</param>
public sealed record BackupContent(long Size, string Sha256);
