using Microsoft.Win32.SafeHandles;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>A file from its start to its end, read where the caller is: a thread of the pool would be asked to do the same. Owns the handle.</summary>
internal sealed class HandleStream(SafeFileHandle handle) : ReadStream
{
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        var count = RandomAccess.Read(handle, buffer, _position);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            handle.Dispose();
        }

        base.Dispose(disposing);
    }
}
