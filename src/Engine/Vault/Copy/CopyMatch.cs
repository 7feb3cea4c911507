namespace TfeBackup.Engine.Vault.Copy;

/// <summary>The kind of match a codec finds where a value says <c>vault:</c>.</summary>
internal enum CopyMatchKind
{
    /// <summary>Nothing of its own: the bytes stay.</summary>
    None,

    /// <summary>Undecided until more bytes are there.</summary>
    NeedMore,

    /// <summary>A text for Vault; its result takes the bytes' place.</summary>
    ForVault,

    /// <summary>A text that replaces the bytes unchanged.</summary>
    Literal,

    /// <summary>Text that must be replaced and cannot be, because it is malformed.</summary>
    Broken,
}

/// <summary>A codec's answer.</summary>
/// <param name="Kind">The kind of match.</param>
/// <param name="Length">The number of bytes it covers.</param>
/// <param name="Text">The text for Vault, or the literal, one char a byte.</param>
/// <param name="IsHex">True if the bytes are hexadecimal digits of a text, as in a <c>bytea</c>; their replacement is, too.</param>
internal readonly record struct CopyMatch(CopyMatchKind Kind, int Length, string Text, bool IsHex = false)
{
    public static CopyMatch None { get; } = new(CopyMatchKind.None, 0, "");

    public static CopyMatch NeedMore { get; } = new(CopyMatchKind.NeedMore, 0, "");
}

/// <summary>Bytes of a block that are replaced.</summary>
/// <param name="Start">Their offset in the block.</param>
/// <param name="Column">The column's index.</param>
/// <param name="RowStart">The row's offset in the block; 0 if it began in an earlier one.</param>
/// <param name="Match">The match to replace.</param>
internal readonly record struct CopyReplacement(int Start, int Column, int RowStart, CopyMatch Match);
