using System.Text;

namespace TfeBackup.Archive.Tar;

/// <summary>
/// A ustar header block. The format leaves nothing open but name, size and kind: everything else is prescribed, so a reader
/// builds the block anew and compares, and nothing can hide in a field that nobody reads.
/// </summary>
internal static class TarHeader
{
    public const byte RegularFile = (byte)'0';
    public const byte PaxHeader = (byte)'x';

    /// <summary>The name of every pax header, which no program extracts.</summary>
    public const string PaxName = "././@PaxHeader";

    private const int ChecksumOffset = 148;

    /// <summary>Builds a header block.</summary>
    /// <param name="block">Takes it, 512 bytes.</param>
    /// <param name="name">The name in UTF-8; what does not fit is cut off.</param>
    /// <param name="size">The size; 0 where the pax header gives it.</param>
    /// <param name="kind">The kind of entry.</param>
    /// <param name="modified">Seconds since 1970.</param>
    public static void Write(Span<byte> block, ReadOnlySpan<byte> name, long size, byte kind, long modified)
    {
        block.Clear();
        name[..Math.Min(name.Length, TarFormat.NameField)].CopyTo(block);
        Octal(block.Slice(100, 8), 0b110_000_000);
        Octal(block.Slice(108, 8), 0);
        Octal(block.Slice(116, 8), 0);
        Octal(block.Slice(124, 12), size);
        Octal(block.Slice(136, 12), modified);
        block[156] = kind;
        "ustar\0"u8.CopyTo(block[257..]);
        "00"u8.CopyTo(block[263..]);
        Octal(block.Slice(329, 8), 0);
        Octal(block.Slice(337, 8), 0);
        WriteChecksum(block);
    }

    /// <summary>True if the block's checksum is right, that is, if it is a header at all.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> block)
    {
        Span<byte> copy = stackalloc byte[TarFormat.Block];
        block.CopyTo(copy);
        WriteChecksum(copy);
        return copy.Slice(ChecksumOffset, 8).SequenceEqual(block.Slice(ChecksumOffset, 8));
    }

    public static byte Kind(ReadOnlySpan<byte> block) => block[156];

    /// <summary>The name field up to its first NUL.</summary>
    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> block)
    {
        var field = block[..TarFormat.NameField];
        var end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    public static long? Size(ReadOnlySpan<byte> block) => ParseOctal(block.Slice(124, 12));

    public static long? Modified(ReadOnlySpan<byte> block) => ParseOctal(block.Slice(136, 12));

    /// <summary>True if a UTF-8 name fits the header unchanged: short enough and ASCII.</summary>
    public static bool FitsName(ReadOnlySpan<byte> name) => name.Length <= TarFormat.NameField && Ascii.IsValid(name);

    private static void WriteChecksum(Span<byte> block)
    {
        var field = block.Slice(ChecksumOffset, 8);
        field.Fill((byte)' ');
        var sum = 0;
        foreach (var b in block)
        {
            sum += b;
        }

        Octal(field[..7], sum);
    }

    /// <summary>Writes octal digits with leading zeros, then a NUL.</summary>
    private static void Octal(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }

        field[^1] = 0;
    }

    private static long? ParseOctal(ReadOnlySpan<byte> field)
    {
        long value = 0;
        foreach (var b in field[..^1])
        {
            if (b is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            value = (value << 3) | (long)(b - '0');
        }

        return value;
    }
}
