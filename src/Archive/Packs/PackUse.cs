namespace TfeBackup.Archive.Packs;

/// <summary>A pack that an index names, and how much of it that backup uses.</summary>
public sealed record PackUse
{
    /// <summary>Its name: the lower-case hexadecimal SHA-256 of its file.</summary>
    public required string Pack { get; init; }

    /// <summary>Its file's bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The number of entries in it.</summary>
    public required int Entries { get; init; }

    /// <summary>The sum of its entries' content.</summary>
    public required long Bytes { get; init; }

    /// <summary>The number of its entries that the backup names.</summary>
    public int UsedEntries { get; init; }

    /// <summary>The sum of the content of the entries that the backup names.</summary>
    public long UsedBytes { get; init; }

    internal string? Fault() =>
        Hex.IsSha256(Pack) && Size > 0 && Entries > 0 && Bytes >= 0 && UsedEntries > 0 && UsedEntries <= Entries && UsedBytes >= 0 && UsedBytes <= Bytes
            ? null
            : "its sizes are impossible";
}
