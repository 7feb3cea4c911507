using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive;

/// <summary>Options of an <see cref="ArchiveWriter"/>. The defaults suit backups.</summary>
public sealed record ArchiveWriterOptions
{
    /// <summary>
    /// scrypt's work factor, 1 to 22: 2^(n-10) MiB of memory for a moment; each step doubles the price of guessing the password.
    /// </summary>
    public int WorkFactor { get; init; } = 18;

    /// <summary>zstd's level, 1 to 19. Level 3 saves about a tenth and takes more than twice the time of level 1.</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>The number of frames compressed at once, at most 8; each takes about 6 MiB.</summary>
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 6);

    internal ZstdLibrary Zstd { get; init; } = ZstdLibrary.Preferred;

    internal void Check()
    {
        if (WorkFactor is < 1 or > Age.AgePassword.MaxWorkFactor)
        {
            throw ArchiveException.InvalidRequest(
                $"The work factor is {WorkFactor}; expected 1 to {Age.AgePassword.MaxWorkFactor}; the default is 18.");
        }

        if (CompressionLevel is < 1 or > 19)
        {
            throw ArchiveException.InvalidRequest($"The compression level is {CompressionLevel}; expected 1 to 19.");
        }

        if (Parallelism is < 1 or > 8)
        {
            throw ArchiveException.InvalidRequest($"The parallelism is {Parallelism}; expected 1 to 8.");
        }
    }
}
