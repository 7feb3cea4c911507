namespace TfeBackup.Archive.Layout;

/// <summary>A manifest part as <c>manifest.json</c> lists it.</summary>
internal sealed record ManifestPart
{
    public required string Path { get; init; }

    public required long Offset { get; init; }

    public required long Size { get; init; }

    public required string Sha256 { get; init; }

    public required int Lines { get; init; }
}
