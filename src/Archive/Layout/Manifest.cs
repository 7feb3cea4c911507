namespace TfeBackup.Archive.Layout;

/// <summary><c>manifest.json</c>: the totals and the manifest's parts.</summary>
internal sealed record Manifest
{
    public required int Format { get; init; }

    public required string Id { get; init; }

    public required long Entries { get; init; }

    public required long Tables { get; init; }

    public required long TableParts { get; init; }

    public required long Rows { get; init; }

    public required long Objects { get; init; }

    public required long Vanished { get; init; }

    /// <summary>Absent where it would be 0, as in every file of before.</summary>
    public long? Changed { get; init; }

    public required long TableBytes { get; init; }

    public required long ObjectBytes { get; init; }

    public required IReadOnlyList<ManifestPart> Parts { get; init; }
}
