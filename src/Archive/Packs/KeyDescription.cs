namespace TfeBackup.Archive.Packs;

/// <summary>What a key file says besides the identity, in a comment that age passes over.</summary>
internal sealed record KeyDescription
{
    public required int Format { get; init; }

    public required string Installation { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The keys whose signatures count, as <see cref="VerifyingKey.ToString"/> gives them.</summary>
    public required IReadOnlyList<string> Signers { get; init; }
}
