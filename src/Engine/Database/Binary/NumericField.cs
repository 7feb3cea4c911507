using System.Buffers.Binary;

namespace TfeBackup.Engine.Database.Binary;

/// <summary>
/// <c>numeric</c>: in binary, digits to the base 10,000 with the first one's weight, a sign, and how many decimal digits are shown
/// behind the point.
/// </summary>
internal static class NumericField
{
    private const int GroupDigits = 4;
    private const int MostIntegerDigits = 131_072;
    private const int MostFractionDigits = 16_383;
    private const int HeaderLength = 4 * sizeof(short);
    private const short Negative = 0x4000;
    private const short NaN = unchecked((short)0xC000);

    public static bool Encode(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (text.SequenceEqual("NaN"u8))
        {
            WriteHeader(output.Take(HeaderLength), 0, 0, NaN, 0);
            return true;
        }

        var sign = text is [(byte)'-', ..] ? Negative : (short)0;
        var digits = sign == 0 ? text : text[1..];
        var point = digits.IndexOf((byte)'.');
        var integer = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? default : digits[(point + 1)..];
        if (integer.IsEmpty || (point >= 0 && fraction.IsEmpty) || fraction.Length > MostFractionDigits
            || integer.ContainsAnyExceptInRange((byte)'0', (byte)'9') || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        integer = integer.TrimStart((byte)'0');
        if (integer.Length > MostIntegerDigits)
        {
            return false;
        }

        var before = (integer.Length + GroupDigits - 1) / GroupDigits;
        var behind = (fraction.Length + GroupDigits - 1) / GroupDigits;
        var room = output.Take(HeaderLength + ((before + behind) * sizeof(short)));
        WriteHeader(room, before + behind, before - 1, sign, fraction.Length);
        room = room[HeaderLength..];

        // The groups count from the point, so the first one may be short, and the last one is filled up.
        var first = integer.Length - ((before - 1) * GroupDigits);
        for (var group = 0; group < before; group++)
        {
            var start = group == 0 ? 0 : first + ((group - 1) * GroupDigits);
            var length = group == 0 ? first : GroupDigits;
            BinaryPrimitives.WriteInt16BigEndian(room[(group * sizeof(short))..], Value(integer.Slice(start, length), length));
        }

        room = room[(before * sizeof(short))..];
        for (var group = 0; group < behind; group++)
        {
            var rest = fraction[(group * GroupDigits)..];
            BinaryPrimitives.WriteInt16BigEndian(room[(group * sizeof(short))..], Value(rest[..Math.Min(GroupDigits, rest.Length)], GroupDigits));
        }

        return true;
    }

    private static void WriteHeader(Span<byte> room, int groups, int weight, short sign, int scale)
    {
        BinaryPrimitives.WriteInt16BigEndian(room, (short)groups);
        BinaryPrimitives.WriteInt16BigEndian(room[2..], (short)weight);
        BinaryPrimitives.WriteInt16BigEndian(room[4..], sign);
        BinaryPrimitives.WriteInt16BigEndian(room[6..], (short)scale);
    }

    private static short Value(ReadOnlySpan<byte> digits, int places)
    {
        var value = 0;
        for (var i = 0; i < places; i++)
        {
            value = (value * 10) + (i < digits.Length ? digits[i] - '0' : 0);
        }

        return (short)value;
    }
}
