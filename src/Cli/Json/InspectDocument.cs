namespace TfeBackup.Cli.Json;

/// <summary>The output of <c>inspect</c>.</summary>
internal sealed record InspectDocument
{
    public required string File { get; init; }

    public required long Size { get; init; }

    public required int Format { get; init; }

    public required string Id { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string Installation { get; init; }

    public required string ProductVersion { get; init; }

    public required string PostgresVersion { get; init; }

    public required bool ObjectsIncluded { get; init; }

    public required IReadOnlyList<TableDocument> Tables { get; init; }

    public required long Rows { get; init; }

    public required long TableBytes { get; init; }

    public required long Objects { get; init; }

    public required long ObjectBytes { get; init; }

    public required long Vanished { get; init; }

    /// <summary>Objects that were written to while they were read.</summary>
    public long Changed { get; init; }

    public required string ManifestSha256 { get; init; }

    /// <summary>True if every byte was read and compared, and not only the file's end.</summary>
    public required bool Proven { get; init; }
}
