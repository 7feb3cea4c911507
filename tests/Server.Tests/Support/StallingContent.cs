using System.Net;

namespace TfeBackup.Server.Tests.Support;

/// <summary>A request body that stops after some bytes until it is told to go on.</summary>
internal sealed class StallingContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly int _stallAt;
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StallingContent(HttpContent inner, int stallAt)
    {
        _inner = inner;
        _stallAt = stallAt;
        Headers.ContentType = inner.Headers.ContentType;
    }

    /// <summary>Completes when the first part has been sent.</summary>
    public Task Stalled => _stalled.Task;

    public void GoOn() => _goOn.TrySetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var bytes = await _inner.ReadAsByteArrayAsync();
        await stream.WriteAsync(bytes.AsMemory(0, _stallAt));
        await stream.FlushAsync();
        _stalled.TrySetResult();
        await _goOn.Task;
        await stream.WriteAsync(bytes.AsMemory(_stallAt));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        _inner.Dispose();
        base.Dispose(disposing);
    }
}
