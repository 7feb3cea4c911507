using TfeBackup.Archive;

namespace TfeBackup.Engine.Objects;

/// <summary>An object on its way into a backup. Disposing it gives its memory or connection back.</summary>
internal sealed class SourceObject : IAsyncDisposable
{
    private Func<ValueTask>? _release;

    internal SourceObject(string key, ArchiveObject? header, Stream content, Func<ValueTask>? release)
    {
        (Key, Header, Content, _release) = (key, header, content, release);
    }

    /// <summary>Its key.</summary>
    public string Key { get; }

    /// <summary>True if it was listed but gone when it was to be read.</summary>
    public bool Vanished => Header is null;

    /// <summary>Its header in the backup, which describes the plain content; null if it vanished.</summary>
    public ArchiveObject? Header { get; }

    /// <summary>
    /// The plain content, exactly <see cref="ArchiveObject.Length"/> bytes; throws <see cref="EngineException"/>
    /// (<see cref="EngineError.CorruptSource"/>, naming the object) where it is damaged, or was changed so that less is there.
    /// </summary>
    public Stream Content { get; }

    /// <summary>
    /// True if it was written to while it was read, so that a part of it may be older than the rest. To be asked once the content has ended.
    /// </summary>
    public Func<bool> Changed { get; internal init; } = static () => false;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _release, null)?.Invoke() ?? ValueTask.CompletedTask;
}
