namespace TfeBackup.Operations.Model;

/// <summary>
/// The record that publishes a backup: <c>&lt;installation&gt;/&lt;id&gt;/backup.json</c>. It is written once, after the data was committed and read
/// back, and is never changed; a backup exists if and only if its record does.
/// </summary>
public record BackupRecord
{
    /// <summary>The layout of this document: 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The backup's id.</summary>
    public required BackupKey Key { get; init; }

    /// <summary>The format of the data: <see cref="BackupFormat.Archive"/> or <see cref="BackupFormat.Opaque"/>.</summary>
    public required string Format { get; init; }

    /// <summary>The purpose it was taken for.</summary>
    public required BackupPurpose Purpose { get; init; }

    /// <summary>The operation that took it.</summary>
    public required string OperationId { get; init; }

    /// <summary>When the stream was asked for (UTC): the backup holds nothing newer than shortly after.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When the stream had ended cleanly and was committed (UTC).</summary>
    public required DateTimeOffset Finished { get; init; }

    /// <summary>The data's size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The data's SHA-256 as streamed, 64 lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The name of the password that opens it and, if the source has versions, its version. Never the value.</summary>
    public required SecretReference Password { get; init; }

    /// <summary>True if the objects were asked for.</summary>
    public required bool ObjectsIncluded { get; init; }

    /// <summary>The product's version, where the backup or the service says it.</summary>
    public string? ProductVersion { get; init; }

    /// <summary>The PostgreSQL version, where the backup says it.</summary>
    public string? PostgresVersion { get; init; }

    /// <summary>The verification that preceded this record.</summary>
    public required BackupVerification Verification { get; init; }
}
