namespace TfeBackup.Engine.Objects;

/// <summary>An object opened for reading. Disposing it closes the stream.</summary>
/// <param name="Header">What is known of it.</param>
/// <param name="Stream">Its bytes, <see cref="ObjectHeader.Length"/> of them.</param>
public sealed record ObjectContent(ObjectHeader Header, Stream Stream) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
