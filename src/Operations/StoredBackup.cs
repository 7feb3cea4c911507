using TfeBackup.Archive.Buffers;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations;

/// <summary>Reads a backup where it is stored, from any place in it, without reading the rest.</summary>
public static class StoredBackup
{
    /// <summary>Opens a backup's data as a stream that seeks.</summary>
    /// <param name="store">Has it.</param>
    /// <param name="record">Its record.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>: its data is gone. <see cref="OperationError.Corrupt"/>: it has another size.</exception>
    public static async Task<Stream> OpenAsync(IBackupStore store, BackupRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(record);
        var data = await store.FindDataAsync(record.Key, cancellationToken)
            ?? throw new OperationException(OperationError.NotFound, $"The data of {record.Key} is gone from {store.Description}; its record is still there.");
        if (data.Size != record.Size)
        {
            throw new OperationException(OperationError.Corrupt, $"{record.Key} in {store.Description} has {data.Size} bytes; its record says {record.Size}.");
        }

        var stream = await store.OpenDataAsync(record.Key, 0, null, cancellationToken);
        return stream.CanSeek ? stream : new ReopeningStream(store, record.Key, record.Size, stream);
    }

    /// <summary>Seeks by opening the data anew, at another offset.</summary>
    private sealed class ReopeningStream(IBackupStore store, BackupKey key, long length, Stream first) : SeekableReadStream(length)
    {
        private Stream? _open = first;
        private long _openAt;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position >= Length)
            {
                return 0;
            }

            if (_open is null || _openAt != Position)
            {
                _open?.Dispose();
                _open = null;
                _open = await store.OpenDataAsync(key, Position, null, cancellationToken);
            }

            var count = await _open.ReadAsync(buffer, cancellationToken);
            _openAt = Position += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            _open?.Dispose();
            base.Dispose(disposing);
        }
    }
}
