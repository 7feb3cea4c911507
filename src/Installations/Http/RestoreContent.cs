using System.Net;
using System.Text;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations.Http;

/// <summary>
/// The body of a restore as curl would send it: <c>multipart/form-data</c> with <c>config</c> first, so that the service knows the
/// password when the snapshot begins, and the snapshot as it is read.
/// </summary>
internal sealed class RestoreContent : HttpContent
{
    private const int BufferSize = 256 << 10;

    private readonly byte[] _config;
    private readonly Stream _snapshot;
    private readonly AnswerObserver _observer;
    private readonly StallGuard _guard;
    private readonly byte[] _beforeConfig;
    private readonly byte[] _beforeSnapshot;
    private readonly byte[] _end;
    private readonly long? _snapshotLength;

    public RestoreContent(byte[] config, Stream snapshot, AnswerObserver observer, StallGuard guard)
    {
        _config = config;
        _snapshot = snapshot;
        _observer = observer;
        _guard = guard;
        _snapshotLength = snapshot.CanSeek ? snapshot.Length - snapshot.Position : null;
        var boundary = $"tfe-backup-{Guid.NewGuid():N}";
        _beforeConfig = Part(boundary, "", "config", "config.json", "application/json");
        _beforeSnapshot = Part(boundary, "\r\n", "snapshot", "backup.blob", "application/octet-stream");
        _end = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={boundary}");
    }

    /// <summary>The exception that reading the snapshot threw.</summary>
    public Exception? SourceFailure { get; private set; }

    /// <summary>Bytes of the snapshot that were handed to the connection.</summary>
    public long Sent { get; private set; }

    /// <summary>True if everything was handed to the connection: from then on the service may be carrying it out.</summary>
    public bool Completed { get; private set; }

    /// <summary>Called when everything was handed to the connection.</summary>
    public Action? OnCompleted { get; init; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await WriteAsync(stream, _beforeConfig, cancellationToken);
        await WriteAsync(stream, _config, cancellationToken);
        await WriteAsync(stream, _beforeSnapshot, cancellationToken);
        var buffer = new byte[BufferSize];
        while (!_observer.Answered)
        {
            var count = await ReadSnapshotAsync(buffer, cancellationToken);
            if (count == 0)
            {
                // Written after the last byte: without the closing boundary no service accepts the body as complete.
                await WriteAsync(stream, _end, cancellationToken);
                await stream.FlushAsync(cancellationToken);
                Completed = !_observer.HeldBack;
                OnCompleted?.Invoke();
                return;
            }

            await WriteAsync(stream, buffer.AsMemory(0, count), cancellationToken);
            Sent += count;
        }

        await FillAsync(stream, buffer, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _beforeConfig.Length + _config.Length + _beforeSnapshot.Length + (_snapshotLength ?? 0) + _end.Length;
        return _snapshotLength is not null;
    }

    private static byte[] Part(string boundary, string before, string name, string fileName, string mediaType) => Encoding.ASCII.GetBytes(
        $"{before}--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{fileName}\"\r\nContent-Type: {mediaType}\r\n\r\n");

    private async Task<int> ReadSnapshotAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            var count = await _snapshot.ReadAsync(buffer, cancellationToken);
            return _snapshotLength is { } length && (count == 0 ? Sent != length : Sent + count > length)
                ? throw new OperationException(
                    OperationError.Corrupt, $"The length of the backup is wrong: expected {length} bytes, read {Sent + count}.")
                : count;
        }
        catch (Exception e)
        {
            SourceFailure = e;
            throw;
        }
    }

    /// <summary>
    /// Ends a body of announced length after the answer has come: the client insists on the number, and the connection lets
    /// none of it out.
    /// </summary>
    private async Task FillAsync(Stream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        for (var left = _snapshotLength - Sent + _end.Length; left > 0;)
        {
            var count = (int)Math.Min(left.Value, buffer.Length);
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            left -= count;
        }
    }

    private async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        await _guard.RunAsync(
            async token =>
            {
                await stream.WriteAsync(bytes, token);
                return true;
            },
            cancellationToken);
}
