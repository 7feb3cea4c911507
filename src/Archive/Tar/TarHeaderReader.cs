using System.Text;
using TfeBackup.Archive.Layout;

namespace TfeBackup.Archive.Tar;

/// <summary>Reads an entry's headers from wherever a tar stream's bytes come from, and accepts only what a writer writes.</summary>
/// <param name="readExactly">Fills a buffer from the stream, or throws because it ended.</param>
internal sealed class TarHeaderReader(Func<Memory<byte>, CancellationToken, ValueTask> readExactly)
{
    /// <summary>The next entry's headers; null at the two blocks of zeros that end the tar.</summary>
    /// <param name="offset">The header's offset in the tar stream.</param>
    /// <param name="modified">The time every entry has; null while it is not known yet.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async ValueTask<TarEntry?> ReadAsync(long offset, long? modified, CancellationToken cancellationToken)
    {
        var block = new byte[TarFormat.Block];
        await readExactly(block, cancellationToken);
        if (!block.AsSpan().ContainsAnyExcept((byte)0))
        {
            await readExactly(block, cancellationToken);
            return block.AsSpan().ContainsAnyExcept((byte)0)
                ? throw Damaged(offset, "a block of zeros is not allowed before the tar's end")
                : null;
        }

        var time = modified ?? TarHeader.Modified(block) ?? throw Damaged(offset, "its time is malformed");
        PaxRecords? pax = null;
        if (TarHeader.HasChecksum(block) && TarHeader.Kind(block) == TarHeader.PaxHeader)
        {
            pax = await ReadPaxAsync(block, offset, time, cancellationToken);
            await readExactly(block, cancellationToken);
        }

        return Parse(block, offset, pax, time);
    }

    private async ValueTask<PaxRecords> ReadPaxAsync(byte[] block, long offset, long time, CancellationToken cancellationToken)
    {
        var size = TarHeader.Size(block) ?? -1;
        var expected = new byte[TarFormat.Block];
        TarHeader.Write(expected, Encoding.ASCII.GetBytes(TarHeader.PaxName), size, TarHeader.PaxHeader, time);
        if (size is < 1 or > FormatLimits.PaxBytes || !expected.AsSpan().SequenceEqual(block))
        {
            throw Damaged(offset, $"its pax header is malformed, or longer than {FormatLimits.PaxBytes} bytes");
        }

        var data = new byte[size + TarFormat.Padding(size)];
        await readExactly(data, cancellationToken);
        if (data.AsSpan((int)size).ContainsAnyExcept((byte)0))
        {
            throw Damaged(offset, "its pax header is not padded with zeros");
        }

        return PaxRecords.Parse(data.AsSpan(0, (int)size))
            ?? throw Damaged(offset, "its pax header has unknown or malformed records");
    }

    private static TarEntry Parse(byte[] block, long offset, PaxRecords? pax, long time)
    {
        if (!TarHeader.HasChecksum(block))
        {
            throw Damaged(offset, "there is no tar header (its checksum is wrong); an earlier entry may have a wrong size");
        }

        var path = pax?.Path ?? TarHeader.Name(block).ToArray();
        var kind = TarHeader.Kind(block);
        if (kind != TarHeader.RegularFile)
        {
            throw Damaged(offset, $"'{Encoding.UTF8.GetString(path)}' is not a file but {Describe(kind)}; a backup holds files only");
        }

        var headerSize = TarHeader.Size(block) ?? throw Damaged(offset, $"the size of '{Encoding.UTF8.GetString(path)}' is malformed");
        var size = pax?.Size ?? headerSize;
        var expected = new byte[TarFormat.Block];
        TarHeader.Write(expected, path, pax?.Size is null ? size : 0, TarHeader.RegularFile, time);
        var isPaxAsNeeded = PaxRecords.For(path, size, pax?.Comment) == pax; // Their arrays are the same ones.
        if (!isPaxAsNeeded || !expected.AsSpan().SequenceEqual(block))
        {
            throw Damaged(offset, $"the header of '{Encoding.UTF8.GetString(path)}' does not have the form that this format specifies");
        }

        return new TarEntry(offset, path, size, pax?.Comment, time);
    }

    private static string Describe(byte kind) => kind switch
    {
        (byte)'1' => "a hard link",
        (byte)'2' => "a symbolic link",
        (byte)'3' or (byte)'4' => "a device",
        (byte)'5' => "a directory",
        (byte)'6' => "a named pipe",
        _ => $"of kind 0x{kind:X2}",
    };

    private static ArchiveException Damaged(long offset, string what) =>
        ArchiveException.Corrupt($"The backup's tar layer is invalid at byte {offset}: {what}.");
}
