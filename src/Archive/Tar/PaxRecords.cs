using System.Buffers;
using System.Globalization;
using System.Text;

namespace TfeBackup.Archive.Tar;

/// <summary>
/// The records of a pax header that the format knows: <c>path</c>, <c>size</c> and <c>comment</c>, in this order, each only
/// where it is needed.
/// </summary>
/// <param name="Path">The whole path, where the ustar header cannot hold it.</param>
/// <param name="Size">The size, where the ustar header cannot hold it.</param>
/// <param name="Comment">
/// An object's metadata. A comment is the one record in which every tar program passes over text it does not know
/// without a warning.
/// </param>
internal sealed record PaxRecords(byte[]? Path, long? Size, byte[]? Comment)
{
    private static readonly byte[] PathKeyword = "path"u8.ToArray();
    private static readonly byte[] SizeKeyword = "size"u8.ToArray();
    private static readonly byte[] CommentKeyword = "comment"u8.ToArray();

    /// <summary>The records an entry needs; null where its ustar header says it all.</summary>
    public static PaxRecords? For(byte[] path, long size, byte[]? comment)
    {
        var paxPath = TarHeader.FitsName(path) ? null : path;
        long? paxSize = size > TarFormat.MaxUstarSize ? size : null;
        return paxPath is null && paxSize is null && comment is null ? null : new PaxRecords(paxPath, paxSize, comment);
    }

    public byte[] Write()
    {
        var output = new ArrayBufferWriter<byte>();
        Append(output, PathKeyword, Path);
        Append(output, SizeKeyword, Size is null ? null : Encoding.ASCII.GetBytes(Digits(Size.Value)));
        Append(output, CommentKeyword, Comment);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Parses records; null for what this format does not write.</summary>
    public static PaxRecords? Parse(ReadOnlySpan<byte> data)
    {
        byte[]? path = null;
        byte[]? sizeText = null;
        byte[]? comment = null;
        var rest = data;
        while (!rest.IsEmpty)
        {
            var space = rest[..Math.Min(rest.Length, 10)].IndexOf((byte)' ');
            if (space < 1
                || !int.TryParse(rest[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1
                || length > rest.Length)
            {
                return null;
            }

            var record = rest[(space + 1)..length];
            var equals = record.IndexOf((byte)'=');
            if (equals < 0 || record[^1] != (byte)'\n')
            {
                return null;
            }

            var value = record[(equals + 1)..^1].ToArray();
            switch (Encoding.Latin1.GetString(record[..equals]))
            {
                case "path":
                    path = value;
                    break;
                case "size":
                    sizeText = value;
                    break;
                case "comment":
                    comment = value;
                    break;
                default:
                    return null;
            }

            rest = rest[length..];
        }

        long size = 0;
        if (sizeText is not null && !long.TryParse(sizeText, NumberStyles.None, CultureInfo.InvariantCulture, out size))
        {
            return null;
        }

        // Writing them again catches doubled records, another order and other spellings of numbers.
        var records = new PaxRecords(path, sizeText is null ? null : size, comment);
        return records.Write().AsSpan().SequenceEqual(data) ? records : null;
    }

    private static void Append(ArrayBufferWriter<byte> output, byte[] keyword, byte[]? value)
    {
        if (value is null)
        {
            return;
        }

        // A record's length counts its own digits.
        var rest = 1 + keyword.Length + 1 + value.Length + 1;
        var length = rest + Digits(rest).Length;
        length = rest + Digits(length).Length;
        output.Write(Encoding.ASCII.GetBytes(Digits(length)));
        output.Write(" "u8);
        output.Write(keyword);
        output.Write("="u8);
        output.Write(value);
        output.Write("\n"u8);
    }

    private static string Digits(long value) => value.ToString(CultureInfo.InvariantCulture);
}
