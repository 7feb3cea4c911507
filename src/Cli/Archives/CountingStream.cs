using TfeBackup.Archive.Buffers;

namespace TfeBackup.Cli.Archives;

/// <summary>Counts what is read from a stream, for the progress line.</summary>
internal sealed class CountingStream(Stream inner) : ReadThroughStream(inner)
{
    private long _count;

    /// <summary>Bytes read so far; may be asked on any thread.</summary>
    public long Count => Interlocked.Read(ref _count);

    protected override void OnRead(ReadOnlySpan<byte> bytes) => Interlocked.Add(ref _count, bytes.Length);
}
