using System.Buffers.Binary;
using System.Security.Cryptography;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive.Zstd;

/// <summary>
/// Decompresses the zstd layer from its start, several frames ahead of the reader at once, and reports its end only after
/// the seek table agreed with every frame that was read and nothing followed it.
/// </summary>
/// <remarks>
/// The frames' entries are hashed as they pass, and so are the table's, so that comparing them takes no memory however
/// long the backup is.
/// </remarks>
internal sealed class FrameReader : IAsyncDisposable
{
    // Behind the magic number, which is in the buffer already.
    private const int TableStart = 4;
    private const int TablePiece = 48 << 10;

    private readonly Stream _source;
    private readonly FrameDecompressor _decompressor;
    private readonly BufferPool _frameBuffers = new(FrameFormat.MaxCompressed);
    private readonly BufferPool _contentBuffers = new(FrameFormat.MaxContent);
    private readonly JobQueue<Content> _jobs;
    private readonly IncrementalHash _frames = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _frameCount;
    private bool _hasChecksums;
    private long _offset;
    private bool _ended;
    private Content _current;
    private int _taken;

    public FrameReader(Stream source, int jobs, ZstdLibrary? zstd = null)
    {
        _source = source;
        _decompressor = new FrameDecompressor(zstd ?? ZstdLibrary.Preferred);
        _jobs = new JobQueue<Content>(jobs);
    }

    /// <summary>The number of content bytes read.</summary>
    public long Position { get; private set; }

    /// <summary>True if the next byte is the first of a frame.</summary>
    public bool IsAtFrameStart => _taken == 0 || _taken == _current.Length;

    /// <summary>The next content, at least a byte; empty at the proven end. Valid until more is asked for.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
    {
        while (_taken == _current.Length)
        {
            if (_current.Buffer is not null)
            {
                _contentBuffers.Return(_current.Buffer);
                _current = default;
                _taken = 0;
            }

            while (!_ended && !_jobs.IsFull)
            {
                await StartNextAsync(cancellationToken);
            }

            if (_jobs.IsEmpty)
            {
                return default;
            }

            _current = await _jobs.TakeAsync(cancellationToken);
        }

        return _current.Buffer.AsMemory(_taken, _current.Length - _taken);
    }

    /// <summary>Takes content that was looked at.</summary>
    public void Advance(int count)
    {
        _taken += count;
        Position += count;
    }

    public async ValueTask DisposeAsync()
    {
        await _jobs.DisposeAsync();
        _decompressor.Dispose();
        _frames.Dispose();
    }

    private async ValueTask StartNextAsync(CancellationToken cancellationToken)
    {
        var frame = _frameBuffers.Rent();
        var length = 0;
        length = await FillAsync(frame, length, 4, cancellationToken);
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        if (magic == FrameFormat.SkippableMagic)
        {
            await ReadSeekTableAsync(frame, cancellationToken);
            _frameBuffers.Return(frame);
            _ended = true;
            return;
        }

        if (magic != FrameFormat.FrameMagic)
        {
            throw Damaged($"frame {_frameCount} does not begin with a zstd frame header");
        }

        length = await FillAsync(frame, length, 1, cancellationToken);
        var headerLength = FrameHeader.Length(frame[4]) ?? throw Damaged(
            $"frame {_frameCount} is not allowed in this format (its content's size is required, dictionaries are not allowed)");
        var hasChecksum = FrameHeader.HasChecksum(frame[4]);
        if (_frameCount > 0 && hasChecksum != _hasChecksums)
        {
            throw Damaged($"frame {_frameCount} {(hasChecksum ? "has a checksum" : "lacks a checksum")}, unlike those before it");
        }

        _hasChecksums = hasChecksum;
        length = await FillAsync(frame, length, headerLength - length, cancellationToken);
        var contentSize = FrameHeader.ContentSize(frame);
        if (contentSize is 0 or > FrameFormat.MaxContent)
        {
            throw Damaged($"frame {_frameCount} says it holds {contentSize} bytes; frames hold 1 to {FrameFormat.MaxContent}");
        }

        length = await FillBlocksAsync(frame, length, cancellationToken);
        uint? checksum = hasChecksum ? BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(length - FrameFormat.Checksum)) : null;
        Note(new SeekEntry((uint)length, (uint)contentSize, checksum));
        var index = _frameCount++;
        var offset = _offset;
        _offset += length;
        _jobs.Start(() => Decompress(frame, length, (int)contentSize, index, offset));
    }

    private async ValueTask<int> FillBlocksAsync(byte[] frame, int length, CancellationToken cancellationToken)
    {
        bool isLast;
        do
        {
            length = await FillAsync(frame, length, FrameFormat.BlockHeader, cancellationToken);
            ReadOnlySpan<byte> header = frame.AsSpan(length - FrameFormat.BlockHeader);
            var fields = header[0] | (header[1] << 8) | (header[2] << 16);
            isLast = (fields & 1) != 0;
            var kind = (fields >> 1) & 3;
            var size = fields >> 3;
            if (kind == 3 || size > FrameFormat.MaxBlock)
            {
                throw Damaged($"frame {_frameCount} has a malformed block");
            }

            // Kind 1 is one byte, repeated.
            length = await FillAsync(frame, length, kind == 1 ? 1 : size, cancellationToken);
        }
        while (!isLast);
        return _hasChecksums ? await FillAsync(frame, length, FrameFormat.Checksum, cancellationToken) : length;
    }

    private async ValueTask<int> FillAsync(byte[] frame, int length, int count, CancellationToken cancellationToken)
    {
        if (length + count > frame.Length)
        {
            throw Damaged($"frame {_frameCount} is longer than {frame.Length} bytes");
        }

        var read = await _source.ReadAtLeastAsync(
            frame.AsMemory(length, count), count, throwOnEndOfStream: false, cancellationToken);
        if (read < count)
        {
            throw Damaged(length + read == 0 ? "it ends without its seek table" : "it ends within a frame or its seek table");
        }

        return length + count;
    }

    private void Note(SeekEntry entry)
    {
        Span<byte> bytes = stackalloc byte[SeekEntry.MaxLength];
        _frames.AppendData(bytes[..entry.Write(bytes)]);
    }

    private Content Decompress(byte[] frame, int length, int contentSize, int index, long offset)
    {
        var content = _contentBuffers.Rent();
        if (!_decompressor.TryDecompress(frame.AsSpan(0, length), content.AsSpan(0, contentSize)))
        {
            throw ArchiveException.Corrupt(
                $"The compressed data is damaged: frame {index}, at byte {offset} of the decrypted file, does not decompress to " +
                $"the {contentSize} bytes it names.");
        }

        _frameBuffers.Return(frame);
        return new Content(content, contentSize);
    }

    private async ValueTask ReadSeekTableAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        await FillAsync(buffer, TableStart, 4, cancellationToken);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(TableStart));
        var rest = (long)_frameCount * SeekEntry.Length(_hasChecksums);
        if (size != rest + FrameFormat.SeekFooter)
        {
            throw Damaged($"its seek table has {size} bytes, which does not match {_frameCount} frames");
        }

        using var table = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (rest > 0)
        {
            var count = (int)Math.Min(rest, TablePiece);
            await FillAsync(buffer, TableStart, count, cancellationToken);
            table.AppendData(buffer, TableStart, count);
            rest -= count;
        }

        await FillAsync(buffer, TableStart, FrameFormat.SeekFooter, cancellationToken);
        if (SeekFooter.Read(buffer.AsSpan(TableStart)) != new SeekFooter(_frameCount, _hasChecksums) || !table.GetHashAndReset().SequenceEqual(_frames.GetHashAndReset()))
        {
            throw Damaged("its seek table does not describe its frames");
        }

        if (await _source.ReadAsync(buffer.AsMemory(0, 1), cancellationToken) != 0)
        {
            throw Damaged("data follows its seek table");
        }
    }

    private ArchiveException Damaged(string what) =>
        ArchiveException.Corrupt($"The compressed data (byte {_offset} of the decrypted file) is damaged: {what}.");

    private readonly record struct Content(byte[] Buffer, int Length);
}
