using TfeBackup.Archive.Buffers;
using TfeBackup.Operations.Model;

namespace TfeBackup.Local.Stores;

/// <summary>A part of a file as a stream that seeks, and that throws where the file has become shorter instead of just ending.</summary>
internal sealed class ExactStream(FileStream file, long start, long length, string path) : ReadStream
{
    private long _position;

    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Clamp(length - _position, 0, buffer.Length);
        try
        {
            return Advance(wanted, await RandomAccess.ReadAsync(file.SafeFileHandle, buffer[..wanted], start + _position, cancellationToken));
        }
        catch (Exception e) when (FileErrors.IsFromFileSystem(e))
        {
            throw FileErrors.Translate(e, $"read {path}");
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Clamp(length - _position, 0, buffer.Length);
        try
        {
            return Advance(wanted, RandomAccess.Read(file.SafeFileHandle, buffer[..wanted], start + _position));
        }
        catch (Exception e) when (FileErrors.IsFromFileSystem(e))
        {
            throw FileErrors.Translate(e, $"read {path}");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Advance(int wanted, int read)
    {
        if (read == 0 && wanted > 0)
        {
            throw new OperationException(
                OperationError.Corrupt, $"{path} ended after {start + _position} bytes: it was truncated while being read.");
        }

        _position += read;
        return read;
    }
}
