using TfeBackup.Archive;

namespace TfeBackup.Operations.Model;

/// <summary>The proof of a verification, and its time.</summary>
public sealed record BackupVerification
{
    /// <summary>
    /// The method: <see cref="BackupFormat.Archive"/> when it was decrypted and every entry checked, <see cref="BackupFormat.Opaque"/> when its size and
    /// SHA-256 were compared with the stream's.
    /// </summary>
    public required string Method { get; init; }

    /// <summary>When it was finished (UTC).</summary>
    public required DateTimeOffset Finished { get; init; }

    /// <summary>The number of bytes read.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of what was read, 64 lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Rows of all tables, where the method counts them.</summary>
    public long? Rows { get; init; }

    /// <summary>Objects, where the method counts them.</summary>
    public long? Objects { get; init; }

    /// <summary>Bytes of the objects' content, where the method counts them: what a restore stages.</summary>
    public long? ObjectBytes { get; init; }

    /// <summary>Objects that vanished while the backup was being taken, where the method counts them.</summary>
    public long? Vanished { get; init; }

    /// <summary>The findings in the columns that are declared encrypted; the first thousand, where there are any.</summary>
    public IReadOnlyList<ArchiveColumn>? Columns { get; init; }

    /// <summary>Constraints that rows break although the source says that they hold; the first thousand, where there are any.</summary>
    public IReadOnlyList<string>? Broken { get; init; }

    /// <summary>Objects that were written to while they were read; null where none was, or the method does not count them.</summary>
    public long? Changed { get; init; }
}
