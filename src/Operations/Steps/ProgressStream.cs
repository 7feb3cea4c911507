using TfeBackup.Archive.Buffers;

namespace TfeBackup.Operations.Steps;

/// <summary>Reads through to another stream and reports how many bytes were read.</summary>
internal class ProgressStream(Stream inner, IProgress<long> progress) : ReadThroughStream(inner)
{
    /// <summary>The number of bytes read.</summary>
    public long Count { get; private set; }

    protected override void OnRead(ReadOnlySpan<byte> bytes)
    {
        Count += bytes.Length;
        progress.Report(Count);
    }
}
