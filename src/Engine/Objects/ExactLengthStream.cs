using System.Runtime.ExceptionServices;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// Passes on a stream that is to have a known length, and throws where it ends early or goes on. Only what was read to its
/// end is known to be complete.
/// </summary>
/// <param name="inner">The stream; disposed with this one.</param>
/// <param name="length">Its expected length in bytes.</param>
/// <param name="wrongLength">Makes the exception, given how it differs.</param>
/// <param name="atEnd">Called once when the end was reached; may throw. Null for none.</param>
/// <param name="translate">Makes another exception of one that a read throws; null for none.</param>
internal sealed class ExactLengthStream(
    Stream inner, long length, Func<string, Exception> wrongLength, Action? atEnd = null, Func<Exception, Exception?>? translate = null) : ReadStream
{
    private long _position;
    private bool _ended;

    /// <summary>True to end at the expected length, whatever follows; false to fail if something does.</summary>
    public bool IgnoresRest { get; init; }

    /// <summary>The exception a read threw, which tells a failure of the source from one of its reader.</summary>
    public Exception? Failure { get; private set; }

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0 || _ended)
        {
            return 0;
        }

        try
        {
            return Checked(await inner.ReadAsync(buffer[..Wanted(buffer.Length)], cancellationToken));
        }
        catch (Exception e)
        {
            throw Translated(e);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0 || _ended)
        {
            return 0;
        }

        try
        {
            return Checked(inner.Read(buffer[..Wanted(buffer.Length)]));
        }
        catch (Exception e)
        {
            throw Translated(e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Wanted(int room) => IgnoresRest ? (int)Math.Min(room, length - _position) : room;

    private Exception Translated(Exception e)
    {
        Failure = translate?.Invoke(e) ?? e;
        if (Failure == e)
        {
            ExceptionDispatchInfo.Throw(e);
        }

        return Failure;
    }

    private int Checked(int count)
    {
        _position += count;
        if (_position > length)
        {
            throw wrongLength($"it has more than the expected {length} bytes");
        }

        if (count == 0)
        {
            if (_position < length)
            {
                throw wrongLength($"it ends after {_position} of {length} bytes");
            }

            atEnd?.Invoke();
            _ended = true;
        }

        return count;
    }
}
