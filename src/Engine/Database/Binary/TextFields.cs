using System.Buffers;

namespace TfeBackup.Engine.Database.Binary;

/// <summary>Values whose binary form is their text or the bytes it spells.</summary>
internal static class TextFields
{
    // Longer ones are cut off by the input function, and refused by the receive function.
    private const int LongestName = 63;

    private const int UuidLength = 36;

    public static bool Plain(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        output.Write(text);
        return true;
    }

    public static bool Name(ReadOnlySpan<byte> text, BinaryBuffer output) => text.Length <= LongestName && Plain(text, output);

    public static bool Jsonb(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        // The version of the binary form.
        output.Write([1]);
        return Plain(text, output);
    }

    public static bool Boolean(ReadOnlySpan<byte> text, BinaryBuffer output)
    {
        if (text is not [(byte)'t' or (byte)'f'])
        {
            return false;
        }

        output.Write([(byte)(text[0] == 't' ? 1 : 0)]);
        return true;
    }

    public static bool Bytea(ReadOnlySpan<byte> text, BinaryBuffer output) =>
        text is [(byte)'\\', (byte)'x', ..] && Hex(text[2..], output);

    public static bool Uuid(ReadOnlySpan<byte> text, BinaryBuffer output) =>
        text.Length == UuidLength && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-'
        && Hex(text[..8], output) && Hex(text[9..13], output) && Hex(text[14..18], output) && Hex(text[19..23], output) && Hex(text[24..], output);

    private static bool Hex(ReadOnlySpan<byte> digits, BinaryBuffer output) =>
        digits.Length % 2 == 0 && Convert.FromHexString(digits, output.Take(digits.Length / 2), out _, out _) == OperationStatus.Done;
}
