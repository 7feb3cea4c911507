using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>
/// One backup's data on its way into a store. Until <see cref="CommitAsync"/> has returned there is no data under the key:
/// readers, listings and <see cref="IBackupStore.FindDataAsync"/> do not see it. Disposing without a commit discards what was written, as far
/// as the store allows; what it must leave (blocks that expire, a temporary file of a process that died) is found by <see cref="IBackupStore.ListOrphansAsync"/> or
/// expires by itself.
/// </summary>
public interface IBackupUpload : IAsyncDisposable
{
    /// <summary>
    /// Reads <paramref name="content"/> to its end and writes it; its length is not known in advance and may be anything up
    /// to the store's limit. Hashes on the way, retries what the store drops, and keeps a bounded amount in memory. Called once.
    /// </summary>
    /// <param name="content">Read once; left open. What its reads throw is passed on as it is, and nothing can be committed then.</param>
    /// <param name="progress">Told how many bytes have been taken from <paramref name="content"/> so far, often; may be called on any thread.</param>
    /// <param name="cancellationToken">Ends the upload; nothing can be committed then.</param>
    /// <returns>Size and SHA-256 of what was read.</returns>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.Unavailable"/>: the store throttles or fails after all retries. <see cref="OperationError.Refused"/>: it denies access or has no
    /// room. <see cref="OperationError.Unsupported"/>: the content is longer than the store can hold.
    /// </exception>
    Task<BackupContent> WriteAsync(Stream content, IProgress<long>? progress, CancellationToken cancellationToken);

    /// <summary>
    /// Makes what <see cref="WriteAsync"/> wrote the backup's data: durably, completely, and only if there is none yet. After an exception the
    /// data is either there in full or not at all; <see cref="IBackupStore.FindDataAsync"/> tells.
    /// </summary>
    /// <exception cref="InvalidOperationException"><see cref="WriteAsync"/> has not returned normally.</exception>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.AlreadyExists"/>: the key has data. <see cref="OperationError.Unavailable"/>, <see cref="OperationError.Refused"/>: as above.
    /// </exception>
    Task CommitAsync(CancellationToken cancellationToken);
}
