namespace TfeBackup.Archive.Packs;

/// <summary>What a host signs: that one file is the index of one backup. It stands beside the index, readable by anybody.</summary>
internal sealed record IndexStatement
{
    public const string IndexType = "tfe-backup index";
    public const string SegmentType = "tfe-backup segment";

    public required string Type { get; init; }

    public required int Format { get; init; }

    public required string Installation { get; init; }

    public required string Id { get; init; }

    public int? Segment { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The name of the repository's key.</summary>
    public required string Key { get; init; }

    /// <summary>The key that signed, as <see cref="VerifyingKey.ToString"/> gives it.</summary>
    public required string Signer { get; init; }

    /// <summary>The bytes of the index's file.</summary>
    public required long Size { get; init; }

    /// <summary>Lower-case hexadecimal SHA-256 of the index's file.</summary>
    public required string Sha256 { get; init; }
}
