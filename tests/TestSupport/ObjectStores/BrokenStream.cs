using TfeBackup.Archive.Buffers;

namespace TfeBackup.TestSupport.ObjectStores;

/// <summary>Yields some zeros, then fails as a connection does.</summary>
public sealed class BrokenStream(long length) : ReadStream
{
    public const string Message = "The connection was reset.";

    private long _left = length;

    public override int Read(Span<byte> buffer)
    {
        if (_left == 0)
        {
            throw new IOException(Message);
        }

        var read = (int)Math.Min(buffer.Length, _left);
        buffer[..read].Clear();
        _left -= read;
        return read;
    }
}
