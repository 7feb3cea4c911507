using System.Buffers;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations.Backup;

/// <summary>
/// Looks at what a service sent that is not our own format. Its content cannot be proven, but words of a gateway that answered 200 in the service's place,
/// and a stub where there used to be gigabytes, can be told from a backup.
/// </summary>
internal static class OpaqueBlob
{
    /// <summary>The number of bytes inspected at the beginning.</summary>
    public const int HeadLength = 512;

    // Backups vary in size, but do not shrink to this fraction of the previous one.
    private const int SmallestPart = 4;

    private const int KindLength = 4;

    private static readonly SearchValues<byte> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Append(0x7F).Select(static code => (byte)code).Except("\t\n\f\r"u8.ToArray())]);

    /// <summary>Refuses what is no backup.</summary>
    /// <param name="installation">Of which installation.</param>
    /// <param name="head">How it begins.</param>
    /// <param name="size">How long it is, in bytes.</param>
    /// <param name="objects">True if objects were asked for.</param>
    /// <param name="acceptSmaller">An operator's word that it may be much smaller than, or of another kind than, the one before.</param>
    /// <param name="store">Has the earlier ones.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="OperationException"><see cref="OperationError.Corrupt"/>, saying what it looks like.</exception>
    public static async Task CheckAsync(
        string installation, ReadOnlyMemory<byte> head, long size, bool objects, bool acceptSmaller, IBackupStore store, CancellationToken cancellationToken)
    {
        if (IsText(head.Span))
        {
            throw new OperationException(
                OperationError.Corrupt,
                $"Installation {installation} answered the backup request with {size} bytes of text, which is not a backup: a proxy may be answering for the service. Nothing was published. Connect to the service directly.");
        }

        if (acceptSmaller || await FindLastAsync(installation, objects, store, cancellationToken) is not { } last)
        {
            return;
        }

        if (size < last.Size / SmallestPart)
        {
            throw new OperationException(
                OperationError.Corrupt,
                $"Installation {installation} sent {size} bytes, less than a quarter of the {last.Size} bytes of {last.Key}, and an opaque backup cannot be checked for completeness. Nothing was published. If the installation really shrank, back up with --accept-smaller.");
        }

        await using var data = await store.OpenDataAsync(last.Key, 0, KindLength, cancellationToken);
        var kind = new byte[KindLength];
        var read = await data.ReadAtLeastAsync(kind, KindLength, throwOnEndOfStream: false, cancellationToken);
        if (!head.Span[..Math.Min(KindLength, head.Length)].SequenceEqual(kind.AsSpan(0, read)) && IsKnownKind(kind))
        {
            throw new OperationException(
                OperationError.Corrupt,
                $"Installation {installation} sent a different format than {last.Key}: it begins with {Convert.ToHexString(head.Span[..Math.Min(KindLength, head.Length)])}, not {Convert.ToHexString(kind)}. Nothing was published. If its service was replaced, back up with --accept-smaller.");
        }
    }

    /// <summary>
    /// Checks whether bytes look like text: a UTF-16 byte order mark, or no control characters but line breaks.
    /// Of random bytes, hundreds without one do not occur.
    /// </summary>
    public static bool IsText(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || !head.ContainsAny(Controls);

    // gzip, zstd, xz, zip. Anything else may be encrypted, and then begins differently each time.
    private static bool IsKnownKind(ReadOnlySpan<byte> kind) =>
        kind.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) || kind.SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD])
        || kind.SequenceEqual((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58]) || kind.SequenceEqual("PK\u0003\u0004"u8);

    private static async Task<BackupRecord?> FindLastAsync(
        string installation, bool objects, IBackupStore store, CancellationToken cancellationToken)
    {
        BackupRecord? last = null;
        await foreach (var record in store.ListAsync(installation, cancellationToken))
        {
            if (record.Format == BackupFormat.Opaque && record.ObjectsIncluded == objects && (last is null || record.Started > last.Started))
            {
                last = record;
            }
        }

        return last;
    }
}
