namespace TfeBackup.Archive.Buffers;

/// <summary>A <see cref="ReadStream"/> of known length that seeks. A derived class reads at <see cref="Position"/> and advances it.</summary>
/// <param name="length">Its length in bytes.</param>
public abstract class SeekableReadStream(long length) : ReadStream
{
    private long _position;

    /// <inheritdoc/>
    public sealed override bool CanSeek => true;

    /// <inheritdoc/>
    public sealed override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }
}
