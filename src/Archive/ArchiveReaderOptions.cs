using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive;

/// <summary>Options of an <see cref="ArchiveReader"/>. The defaults suit backups.</summary>
public sealed record ArchiveReaderOptions
{
    /// <summary>
    /// The highest scrypt work factor that is tried, 1 to 22. Whoever hands over a file chooses how much memory opening it
    /// takes, up to this: 2^(n-10) MiB.
    /// </summary>
    public int MaxWorkFactor { get; init; } = Age.AgePassword.MaxWorkFactor;

    /// <summary>The number of frames decompressed at once, at most 8; each takes about 4 MiB.</summary>
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 6);

    internal ZstdLibrary Zstd { get; init; } = ZstdLibrary.Preferred;

    internal void Check()
    {
        if (MaxWorkFactor is < 1 or > Age.AgePassword.MaxWorkFactor)
        {
            throw ArchiveException.InvalidRequest(
                $"The maximum work factor is {MaxWorkFactor}; expected 1 to {Age.AgePassword.MaxWorkFactor}.");
        }

        if (Parallelism is < 1 or > 8)
        {
            throw ArchiveException.InvalidRequest($"The parallelism is {Parallelism}; expected 1 to 8.");
        }
    }
}
