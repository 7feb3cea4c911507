namespace TfeBackup.Engine.Objects;

/// <summary>An object opened for reading. Disposing it closes the stream.</summary>
/// <param name="Header">Its key, length and metadata.</param>
/// <param name="Stream">Its bytes, <see cref="ObjectHeader.Length"/> of them.</param>
public sealed record ObjectContent(ObjectHeader Header, Stream Stream) : IAsyncDisposable
{
    /// <summary>
    /// True if it was written to while it was read, so that a part of the bytes may be older than the rest. To be asked once the stream has
    /// ended.
    /// </summary>
    public Func<bool> Changed { get; init; } = static () => false;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
