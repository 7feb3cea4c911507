namespace TfeBackup.Azure.Blobs;

/// <summary>One block of an upload, filled and ready to be sent; disposing it frees what holds its bytes.</summary>
internal abstract class UploadBlock : IAsyncDisposable
{
    /// <summary>Its bytes; seekable.</summary>
    public abstract Stream Content { get; }

    /// <summary>Their number. Less than the block size only at the end of the stream; 0 where nothing was left.</summary>
    public abstract long Length { get; }

    /// <summary>Says that no connection can be reading the content any more.</summary>
    public virtual void MarkSent()
    {
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
