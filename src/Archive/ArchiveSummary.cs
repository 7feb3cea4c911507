namespace TfeBackup.Archive;

/// <summary>A backup's totals, the same whether writing or reading counted them.</summary>
public sealed record ArchiveSummary
{
    /// <summary>Entries the manifest lists: backup.json, schema, table parts, sequences and objects.</summary>
    public required long Entries { get; init; }

    /// <summary>Tables.</summary>
    public required long Tables { get; init; }

    /// <summary>Table parts.</summary>
    public required long TableParts { get; init; }

    /// <summary>Rows in all tables.</summary>
    public required long Rows { get; init; }

    /// <summary>Objects.</summary>
    public required long Objects { get; init; }

    /// <summary>Objects that were listed but vanished before they could be read.</summary>
    public required long Vanished { get; init; }

    /// <summary>Objects that somebody wrote to while they were read, so that a part of each may be older than the rest.</summary>
    public long Changed { get; init; }

    /// <summary>Bytes of COPY text in all table parts.</summary>
    public required long TableBytes { get; init; }

    /// <summary>Bytes of all objects.</summary>
    public required long ObjectBytes { get; init; }

    /// <summary>Lower-case hexadecimal SHA-256 of <c>manifest.json</c>, which covers the whole content.</summary>
    public required string ManifestSha256 { get; init; }
}
