namespace TfeBackup.Archive.Packs;

/// <summary>The last line of an index: what it has counted.</summary>
public sealed record IndexEnd
{
    /// <summary>The number of lines of entries.</summary>
    public long Entries { get; init; }

    /// <summary>The number of packs.</summary>
    public int Packs { get; init; }

    /// <summary>The number of remarks on columns and constraints.</summary>
    public int Remarks { get; init; }

    /// <summary>The number of tables.</summary>
    public long Tables { get; init; }

    /// <summary>The number of parts of tables, their segments counted.</summary>
    public long TableParts { get; init; }

    /// <summary>The number of rows.</summary>
    public long Rows { get; init; }

    /// <summary>The number of objects.</summary>
    public long Objects { get; init; }

    /// <summary>The number of objects that vanished.</summary>
    public long Vanished { get; init; }

    /// <summary>The number of objects that were written to while they were read.</summary>
    public long Changed { get; init; }

    /// <summary>The bytes of parts of tables.</summary>
    public long TableBytes { get; init; }

    /// <summary>The bytes of objects.</summary>
    public long ObjectBytes { get; init; }
}
