using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Ports;

/// <summary>
/// Keeps backups. Write-once: data first, then the record that publishes it; neither is ever rewritten, so immutable storage
/// works. Layout, in every store: <c>&lt;installation&gt;/&lt;id&gt;/backup.blob</c>, <c>&lt;installation&gt;/&lt;id&gt;/backup.json</c>,
/// <c>&lt;installation&gt;/&lt;id&gt;/checks/&lt;time&gt;.json</c> (<see cref="BackupLayout"/>). Whatever else lies there is left alone and not listed.
/// </summary>
/// <remarks>
/// Instances are safe for concurrent use, and several processes may use one store at once. Everything written is durable
/// when the call returns. Unless a call says otherwise it throws <see cref="OperationException"/> with
/// <see cref="OperationError.Unavailable"/> (does not answer, throttles; retried inside first), <see cref="OperationError.Refused"/> (denies access, no
/// room) or <see cref="OperationError.Corrupt"/> (a document is not what this software writes), naming store and key.
/// </remarks>
public interface IBackupStore
{
    /// <summary>The description of the store, for messages: a path, or account and container. Never a secret.</summary>
    string Description { get; }

    /// <summary>Checks, without leaving anything behind, that the store answers and lets itself be listed.</summary>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>Checks, without leaving anything behind, that the store takes data.</summary>
    /// <returns>How many bytes there is room for; null where nothing limits them.</returns>
    Task<long?> CheckWritableAsync(CancellationToken cancellationToken);

    /// <summary>Begins the upload of a backup's data.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.AlreadyExists"/>: the key has data, as far as can be told by now.</exception>
    Task<IBackupUpload> BeginUploadAsync(BackupKey key, CancellationToken cancellationToken);

    /// <summary>Finds a backup's data without reading it; null if there is none.</summary>
    Task<StoredData?> FindDataAsync(BackupKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a backup's data, published or not, for reading. The stream yields exactly the bytes from
    /// <paramref name="offset"/> to the end, or <paramref name="length"/> of them where that is less; a transfer that breaks
    /// is resumed inside or throws from the read: it never just ends. It need not seek.
    /// </summary>
    /// <param name="key">Which backup.</param>
    /// <param name="offset">The first byte to read, from 0; the data's size yields an empty stream, more throws <see cref="ArgumentOutOfRangeException"/>.</param>
    /// <param name="length">How many bytes at most; null for all.</param>
    /// <param name="cancellationToken">Ends the call early; reads have tokens of their own.</param>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>: there is no data under the key.</exception>
    Task<Stream> OpenDataAsync(BackupKey key, long offset, long? length, CancellationToken cancellationToken);

    /// <summary>
    /// Publishes a backup: writes its record, whole or not at all, if there is none. Publishing an equal record again succeeds and
    /// changes nothing, so the call may be repeated after a crash. The data must be there, with the record's size.
    /// </summary>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.AlreadyExists"/>: another record is there. <see cref="OperationError.NotFound"/>: there is no data under the key.
    /// <see cref="OperationError.Corrupt"/>: the data's size is not the record's.
    /// </exception>
    Task PublishAsync(BackupRecord record, CancellationToken cancellationToken);

    /// <summary>A backup's record; null where it is not published.</summary>
    Task<BackupRecord?> FindRecordAsync(BackupKey key, CancellationToken cancellationToken);

    /// <summary>
    /// The records of one installation, or of all (null), by installation and then oldest first. No data is read, a bounded number is
    /// held in memory, and a record that cannot be read stops the listing by name: retention must not work from half a list.
    /// </summary>
    IAsyncEnumerable<BackupRecord> ListAsync(string? installation, CancellationToken cancellationToken);

    /// <summary>
    /// Data without a record, and unfinished uploads that take space and do not expire by themselves. Ones being written at this moment are
    /// among them: the caller judges by age.
    /// </summary>
    IAsyncEnumerable<Orphan> ListOrphansAsync(string? installation, CancellationToken cancellationToken);

    /// <summary>Adds the record of a later check, whole or not at all. Adding an equal one again succeeds and changes nothing.</summary>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.NotFound"/>: the backup is not published. <see cref="OperationError.AlreadyExists"/>: another check has that time.
    /// </exception>
    Task AddCheckAsync(BackupKey key, CheckRecord check, CancellationToken cancellationToken);

    /// <summary>The checks of one backup, oldest first.</summary>
    IAsyncEnumerable<CheckRecord> ListChecksAsync(BackupKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Removes everything under a key, published or not: the record first, so that an interrupted removal leaves an orphan
    /// and never a record without data; then the checks, then the data. A key with nothing under it succeeds.
    /// </summary>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.Immutable"/>: the store refuses, with the time until which it does where it says so. Nothing was removed, as
    /// far as the store could be asked beforehand.
    /// </exception>
    Task DeleteAsync(BackupKey key, CancellationToken cancellationToken);
}
