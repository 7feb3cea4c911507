namespace TfeBackup.Archive.Packs;

/// <summary>A statement that a file is the index of a backup, and its signature (FORMAT-2.md, "Signature").</summary>
/// <param name="Statement">The statement, JSON: the content of <c>index.json</c>.</param>
/// <param name="Signature">The Ed25519 signature of exactly these bytes: the content of <c>index.sig</c>.</param>
public sealed record SignedStatement(ReadOnlyMemory<byte> Statement, ReadOnlyMemory<byte> Signature)
{
    /// <summary>The most bytes of a statement.</summary>
    public const int MaxBytes = 16 << 10;
}
