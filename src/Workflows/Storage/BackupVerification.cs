namespace TfeBackup.Workflows.Storage;

/// <summary>What reading a backup back from the store has proven, and when.</summary>
public sealed record BackupVerification
{
    /// <summary>
    /// How: <see cref="BackupFormat.Archive"/> when it was decrypted and every entry checked, <see cref="BackupFormat.Opaque"/> when its size and
    /// SHA-256 were compared with the stream's.
    /// </summary>
    public required string Method { get; init; }

    /// <summary>When it was finished (UTC).</summary>
    public required DateTimeOffset Finished { get; init; }

    /// <summary>How many bytes were read.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of what was read, 64 lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Rows of all tables, where the method counts them.</summary>
    public long? Rows { get; init; }

    /// <summary>Objects, where the method counts them.</summary>
    public long? Objects { get; init; }

    /// <summary>Objects that vanished while the backup was being taken, where the method counts them.</summary>
    public long? Vanished { get; init; }
}
