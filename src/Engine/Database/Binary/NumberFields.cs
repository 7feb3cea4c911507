using System.Buffers;
using System.Globalization;

namespace TfeBackup.Engine.Database.Binary;

/// <summary>Integers and floating-point numbers.</summary>
internal static class NumberFields
{
    private static readonly SearchValues<byte> FloatCharacters = SearchValues.Create("0123456789.eE+-"u8);

    // Those of PostgreSQL, which differ from .NET's in the sign bit.
    private const int SingleNaN = 0x7FC00000;
    private const long DoubleNaN = 0x7FF8000000000000;

    // More than any that PostgreSQL prints.
    private const int LongestFloat = 40;

    public static bool Int16(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (!TryParse(text, out var value) || value is < short.MinValue or > short.MaxValue)
        {
            return false;
        }

        output.WriteInt16((short)value);
        return true;
    }

    public static bool Int32(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (!TryParse(text, out var value) || value is < int.MinValue or > int.MaxValue)
        {
            return false;
        }

        output.WriteInt32((int)value);
        return true;
    }

    public static bool Int64(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (!TryParse(text, out var value))
        {
            return false;
        }

        output.WriteInt64(value);
        return true;
    }

    public static bool Oid(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (!TryParse(text, out var value) || value is < 0 or > uint.MaxValue)
        {
            return false;
        }

        output.WriteInt32(unchecked((int)(uint)value));
        return true;
    }

    public static bool Single(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (text.SequenceEqual("NaN"u8))
        {
            output.WriteInt32(SingleNaN);
            return true;
        }

        float value;
        if (Infinity(text) is { } infinity)
        {
            value = infinity;
        }
        else if (!IsFinite(text) || !float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            || float.IsInfinity(value) || (value == 0 && !IsZero(text)))
        {
            return false;
        }

        output.WriteInt32(BitConverter.SingleToInt32Bits(value));
        return true;
    }

    public static bool Double(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (text.SequenceEqual("NaN"u8))
        {
            output.WriteInt64(DoubleNaN);
            return true;
        }

        double value;
        if (Infinity(text) is { } infinity)
        {
            value = infinity;
        }
        else if (!IsFinite(text) || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            || double.IsInfinity(value) || (value == 0 && !IsZero(text)))
        {
            return false;
        }

        output.WriteInt64(BitConverter.DoubleToInt64Bits(value));
        return true;
    }

    private static float? Infinity(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("Infinity"u8) ? float.PositiveInfinity : text.SequenceEqual("-Infinity"u8) ? float.NegativeInfinity : null;

    /// <summary>Whether this can only be a number in decimal digits; .NET knows further names of numbers, and white space.</summary>
    private static bool IsFinite(ReadOnlySpan<byte> text)
    {
        var digits = text is [(byte)'-', ..] ? text[1..] : text;
        return digits.Length is > 0 and <= LongestFloat && char.IsAsciiDigit((char)digits[0]) && !digits.ContainsAnyExcept(FloatCharacters);
    }

    private static bool IsZero(ReadOnlySpan<byte> text)
    {
        var exponent = text.IndexOfAny("eE"u8);
        return !(exponent < 0 ? text : text[..exponent]).ContainsAnyInRange((byte)'1', (byte)'9');
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var negative = text is [(byte)'-', ..];
        var digits = negative ? text[1..] : text;
        if (digits.Length is 0 or > 19)
        {
            return false;
        }

        ulong sum = 0;
        foreach (var b in digits)
        {
            var digit = (uint)(b - '0');
            if (digit > 9)
            {
                return false;
            }

            sum = (sum * 10) + digit;
        }

        if (sum > (ulong)long.MaxValue + (negative ? 1u : 0u))
        {
            return false;
        }

        value = unchecked(negative ? -(long)sum : (long)sum);
        return true;
    }
}
