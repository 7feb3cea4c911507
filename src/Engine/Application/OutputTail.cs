using System.Text;

namespace TfeBackup.Engine.Application;

/// <summary>The last bytes of an output, however long it is. Safe to read while it grows.</summary>
public sealed class OutputTail(int capacity)
{
    private readonly byte[] _ring = new byte[capacity];
    private readonly Lock _lock = new();
    private long _length;

    /// <summary>Adds bytes, forgetting the oldest ones.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var skipped = Math.Max(0, bytes.Length - capacity);
            _length += skipped;
            bytes = bytes[skipped..];
            var at = (int)(_length % capacity);
            var first = Math.Min(bytes.Length, capacity - at);
            bytes[..first].CopyTo(_ring.AsSpan(at));
            bytes[first..].CopyTo(_ring);
            _length += bytes.Length;
        }
    }

    /// <summary>True if earlier output was dropped.</summary>
    public bool IsCut
    {
        get
        {
            lock (_lock)
            {
                return _length > capacity;
            }
        }
    }

    /// <summary>The kept output as text.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            var at = (int)(_length % capacity);
            return _length <= capacity
                ? Encoding.UTF8.GetString(_ring, 0, (int)_length)
                : Encoding.UTF8.GetString([.. _ring.AsSpan(at), .. _ring.AsSpan(0, at)]);
        }
    }
}
