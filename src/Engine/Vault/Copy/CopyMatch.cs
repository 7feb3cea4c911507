namespace TfeBackup.Engine.Vault.Copy;

/// <summary>What a codec finds where a value says <c>vault:</c>.</summary>
internal enum CopyMatchKind
{
    /// <summary>Nothing of its own: the bytes stay.</summary>
    None,

    /// <summary>Undecided until more bytes are there.</summary>
    NeedMore,

    /// <summary>A text for Vault; its result takes the bytes' place.</summary>
    ForVault,

    /// <summary>A text that takes the bytes' place as it is.</summary>
    Literal,

    /// <summary>What has to be replaced and cannot be: it does not go on as it should.</summary>
    Broken,
}

/// <summary>A codec's answer.</summary>
/// <param name="Kind">What was found.</param>
/// <param name="Length">How many bytes it covers.</param>
/// <param name="Text">The text for Vault, or the literal, one char a byte.</param>
/// <param name="IsHex">Whether the bytes are hexadecimal digits of a text, as in a <c>bytea</c>; what takes their place is, too.</param>
internal readonly record struct CopyMatch(CopyMatchKind Kind, int Length, string Text, bool IsHex = false)
{
    public static CopyMatch None { get; } = new(CopyMatchKind.None, 0, "");

    public static CopyMatch NeedMore { get; } = new(CopyMatchKind.NeedMore, 0, "");
}

/// <summary>Bytes of a block that are replaced.</summary>
/// <param name="Start">Where they begin in the block.</param>
/// <param name="Column">The column's index.</param>
/// <param name="RowStart">Where the row begins in the block; 0 where it began in an earlier one.</param>
/// <param name="Match">What takes their place.</param>
internal readonly record struct CopyReplacement(int Start, int Column, int RowStart, CopyMatch Match);
