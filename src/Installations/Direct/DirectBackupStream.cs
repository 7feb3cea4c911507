using System.IO.Pipelines;
using TfeBackup.Archive.Buffers;
using TfeBackup.Engine;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations.Direct;

/// <summary>
/// A backup as it is made: the engine writes at one end of a pipe, and whoever stores it reads at the other. The engine waits when nobody reads. It
/// reads 0 only once the engine has written the last byte; disposed of earlier, it stops the engine.
/// </summary>
internal sealed class DirectBackupStream : ReadStream
{
    private const int PauseAt = 4 << 20;

    private readonly DirectConnection _connected;
    private readonly InstallationBackup _backup;
    private readonly Func<Exception, OperationException?> _translate;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Stream _reader;
    private readonly Task _writing;
    private bool _disposed;

    public DirectBackupStream(DirectConnection connected, InstallationBackup backup, Func<Exception, OperationException?> translate)
    {
        _connected = connected;
        _backup = backup;
        _translate = translate;
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: PauseAt, resumeWriterThreshold: PauseAt / 2, minimumSegmentSize: 64 << 10, useSynchronizationContext: false));
        _reader = pipe.Reader.AsStream();
        _writing = Task.Run(() => WriteAsync(pipe.Writer));
    }

    public override int Read(Span<byte> buffer) => _reader.Read(buffer);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(buffer, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stopping.CancelAsync();

        // Unblock the writer when the reader is gone.
        await _reader.DisposeAsync();
        await _writing;
        await _backup.DisposeAsync();
        await _connected.DisposeAsync();
        _stopping.Dispose();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    /// <summary>Never throws: what goes wrong is thrown from the read that comes upon it.</summary>
    private async Task WriteAsync(PipeWriter writer)
    {
        Exception? failure = null;
        try
        {
            await using var stream = writer.AsStream(leaveOpen: true);
            await _backup.WriteAsync(stream, _stopping.Token);
        }
#pragma warning disable CA1031 // Whatever it is, the reader is told, or nobody is left to be told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = _translate(e) ?? e;
        }

        await writer.CompleteAsync(failure);
    }
}
