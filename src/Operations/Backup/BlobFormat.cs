using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Backup;

/// <summary>Tells our own backups from opaque ones by how they begin.</summary>
internal static class BlobFormat
{
    // The first line of an age v1 file, the outer layer of format 1.
    private static ReadOnlySpan<byte> Signature => "age-encryption.org/v1\n"u8;

    public static string Detect(ReadOnlySpan<byte> head) =>
        head.StartsWith(Signature) ? BackupFormat.Archive : BackupFormat.Opaque;
}
