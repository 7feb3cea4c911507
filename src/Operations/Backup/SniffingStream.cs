using TfeBackup.Archive.Buffers;

namespace TfeBackup.Operations.Backup;

/// <summary>Reads through to another stream and keeps the first few bytes.</summary>
internal sealed class SniffingStream(Stream inner, int length) : ReadThroughStream(inner)
{
    private readonly byte[] _head = new byte[length];
    private int _kept;

    /// <summary>The first bytes read so far, at most as many as were asked for.</summary>
    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _kept);

    protected override void OnRead(ReadOnlySpan<byte> bytes)
    {
        var more = Math.Min(bytes.Length, _head.Length - _kept);
        bytes[..more].CopyTo(_head.AsSpan(_kept));
        _kept += more;
    }
}
