namespace TfeBackup.Operations.Model;

/// <summary>The formats of a backup's data, which decide how it can be verified.</summary>
public static class BackupFormat
{
    /// <summary>This project's own format 1: an age file around zstd around tar. Verified entry by entry.</summary>
    public const string Archive = "tfe-backup/1";

    /// <summary>Anything else, the vendor's service's in particular. Verified by size and SHA-256 as streamed.</summary>
    public const string Opaque = "opaque";
}
