using TfeBackup.Archive.Buffers;
using TfeBackup.Operations.Model;

namespace TfeBackup.Local.Stores;

/// <summary>A part of a file as a stream that seeks, and that throws where the file has become shorter instead of just ending.</summary>
internal sealed class ExactStream(FileStream file, long start, long length, string path) : SeekableReadStream(length)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Clamp(Length - Position, 0, buffer.Length);
        try
        {
            return Advance(wanted, await RandomAccess.ReadAsync(file.SafeFileHandle, buffer[..wanted], start + Position, cancellationToken));
        }
        catch (Exception e) when (FileErrors.IsFromFileSystem(e))
        {
            throw FileErrors.Translate(e, $"read {path}");
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Clamp(Length - Position, 0, buffer.Length);
        try
        {
            return Advance(wanted, RandomAccess.Read(file.SafeFileHandle, buffer[..wanted], start + Position));
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
                OperationError.Corrupt, $"{path} ended after {start + Position} bytes: it was truncated while being read.");
        }

        Position += read;
        return read;
    }
}
