namespace TfeBackup.Archive.Layout;

/// <summary>One line of a manifest part: an entry (all but <see cref="Vanished"/>) or an object that vanished (only that).</summary>
internal sealed record ManifestLine
{
    /// <summary>The entry's path.</summary>
    public string? Path { get; init; }

    /// <summary>Where its first header begins, in the tar stream.</summary>
    public long? Offset { get; init; }

    /// <summary>Its content's bytes.</summary>
    public long? Size { get; init; }

    /// <summary>Lower-case hexadecimal SHA-256 of its content.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Of a table part: how many rows end in it.</summary>
    public long? Rows { get; init; }

    /// <summary>The key of an object that was listed and then not there.</summary>
    public string? Vanished { get; init; }
}
