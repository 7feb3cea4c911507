using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace TfeBackup.Archive.Age;

/// <summary>
/// The text form of age's keys: Bech32 (BIP 173) without its limit of 90 characters. Decoding accepts what encoding gives, in lower or in
/// upper case, and nothing else.
/// </summary>
internal static class Bech32
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;

    /// <summary>Encodes data, in lower case.</summary>
    public static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        var values = ToFiveBits(data);
        var checksum = Checksum(prefix, values);
        var text = new StringBuilder(prefix).Append('1');
        foreach (var value in values.Concat(checksum))
        {
            text.Append(Alphabet[value]);
        }

        return text.ToString();
    }

    /// <summary>Decodes data of a known length; false for anything but its one encoding under the prefix.</summary>
    public static bool TryDecode(string text, string prefix, int length, [NotNullWhen(true)] out byte[]? data)
    {
        data = null;
        var lower = text.ToLowerInvariant();
        var isOneCase = !(text.Any(char.IsAsciiLetterLower) && text.Any(char.IsAsciiLetterUpper));
        var dataLength = ((length * 8) + 4) / 5;
        if (!isOneCase
            || text.Length != prefix.Length + 1 + dataLength + ChecksumLength
            || !lower.StartsWith(prefix + "1", StringComparison.Ordinal))
        {
            return false;
        }

        var bytes = new byte[length];
        var accumulator = 0;
        var bits = 0;
        var written = 0;
        foreach (var c in lower.AsSpan(prefix.Length + 1, dataLength))
        {
            var value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
            {
                return false;
            }

            accumulator = ((accumulator << 5) | value) & 0xFFF;
            bits += 5;
            if (bits >= 8 && written < length)
            {
                bits -= 8;
                bytes[written++] = (byte)(accumulator >> bits);
            }
        }

        // Encoding again catches a wrong checksum and padding that is not zero.
        if (Encode(prefix, bytes) != lower)
        {
            return false;
        }

        data = bytes;
        return true;
    }

    private static byte[] ToFiveBits(ReadOnlySpan<byte> data)
    {
        var values = new byte[((data.Length * 8) + 4) / 5];
        for (var bit = 0; bit < values.Length * 5; bit++)
        {
            var isSet = bit / 8 < data.Length && (data[bit / 8] & (0x80 >> (bit % 8))) != 0;
            values[bit / 5] |= (byte)(isSet ? 0x10 >> (bit % 5) : 0);
        }

        return values;
    }

    private static byte[] Checksum(string prefix, byte[] values)
    {
        IEnumerable<int> all =
            [.. prefix.Select(c => c >> 5), 0, .. prefix.Select(c => c & 31), .. values, .. new int[ChecksumLength]];
        var state = 1u;
        foreach (var value in all)
        {
            var top = state >> 25;
            state = ((state & 0x1FFFFFF) << 5) ^ (uint)value;
            ReadOnlySpan<uint> generators = [0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3];
            for (var i = 0; i < generators.Length; i++)
            {
                state ^= ((top >> i) & 1) == 0 ? 0 : generators[i];
            }
        }

        state ^= 1;
        return [.. Enumerable.Range(0, ChecksumLength).Select(i => (byte)((state >> (5 * (ChecksumLength - 1 - i))) & 31))];
    }
}
