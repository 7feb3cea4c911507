using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive.Tar;

/// <summary>Writes tar entries: headers, padding and the end. Content goes into the frames directly.</summary>
internal sealed class TarWriter(FrameWriter frames, long modified)
{
    /// <summary>Writes an entry's headers. Exactly <paramref name="size"/> bytes of content have to follow.</summary>
    public async ValueTask BeginAsync(byte[] path, long size, byte[]? comment, CancellationToken cancellationToken)
    {
        var block = new byte[TarFormat.Block];
        var pax = PaxRecords.For(path, size, comment);
        if (pax is not null)
        {
            var records = pax.Write();
            TarHeader.Write(block, System.Text.Encoding.ASCII.GetBytes(TarHeader.PaxName), records.Length, TarHeader.PaxHeader, modified);
            await frames.WriteAsync(block, cancellationToken);
            await frames.WriteAsync(records, cancellationToken);
            await PadAsync(records.Length, cancellationToken);
        }

        TarHeader.Write(block, path, pax?.Size is null ? size : 0, TarHeader.RegularFile, modified);
        await frames.WriteAsync(block, cancellationToken);
    }

    public ValueTask PadAsync(long size, CancellationToken cancellationToken) =>
        frames.WriteAsync(new byte[TarFormat.Padding(size)], cancellationToken);

    public ValueTask EndAsync(CancellationToken cancellationToken) =>
        frames.WriteAsync(new byte[TarFormat.End], cancellationToken);
}
