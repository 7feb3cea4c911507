using System.Globalization;
using TfeBackup.Archive.Buffers;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations.Http;

/// <summary>A backup as it comes from a service. It ends only where the service ended it; everything else throws.</summary>
internal sealed class BackupStream(
    string installation, HttpMessageInvoker connection, HttpResponseMessage response, Stream body, CallClock clock, StallGuard guard) : ReadStream
{
    private long _received;

    public override long Position
    {
        get => _received;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        try
        {
            var count = await guard.RunAsync(token => body.ReadAsync(buffer, token), cancellationToken);
            _received += count;
            return count > 0 || _received > 0
                ? count
                : throw new OperationException(
                    OperationError.Incomplete, $"The backup of {installation} is empty: the service responded with 200 but sent no data.");
        }
        catch (OperationCanceledException e) when (guard.Expired)
        {
            throw new OperationException(
                OperationError.Incomplete,
                $"The backup of {installation} stalled: no data for {guard.Limit.TotalSeconds:0} s after {Received()}.{clock.Hint}",
                e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new OperationException(
                OperationError.Incomplete,
                $"The backup of {installation} was cut off after {Received()}: the connection was closed before the end of the stream.{clock.Hint}",
                e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            response.Dispose();
            connection.Dispose();
            clock.Dispose();
            guard.Dispose();
        }

        base.Dispose(disposing);
    }

    private string Received() =>
        string.Create(CultureInfo.InvariantCulture, $"{_received} bytes and {clock.Elapsed.TotalSeconds:0} s");
}
