namespace TfeBackup.Archive.Age;

/// <summary>Cuts a payload into batches of chunks.</summary>
internal sealed class ChunkSource(Stream source, long payloadOffset, int chunksPerBatch)
{
    private readonly int _batchSize = chunksPerBatch * ChunkCipher.SealedSize;
    private long _nextChunk;
    private int _ahead = -1;

    /// <summary>The size of a buffer: a batch and the byte behind it.</summary>
    public int BufferSize => _batchSize + 1;

    /// <summary>The file offset of the first chunk.</summary>
    public long PayloadOffset => payloadOffset;

    public async ValueTask<ChunkBatch> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        var filled = 0;
        if (_ahead >= 0)
        {
            buffer[filled++] = (byte)_ahead;
        }

        filled += await source.ReadAtLeastAsync(
            buffer.AsMemory(filled, BufferSize - filled), BufferSize - filled, throwOnEndOfStream: false, cancellationToken);
        var isEnd = filled < BufferSize;
        _ahead = isEnd ? -1 : buffer[_batchSize];
        var batch = new ChunkBatch(buffer, Math.Min(filled, _batchSize), _nextChunk, isEnd);
        _nextChunk += chunksPerBatch;
        return batch;
    }
}
