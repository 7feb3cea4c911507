using System.Buffers;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>One value of PostgreSQL's text COPY format: its escaped form in the data, and its text.</summary>
internal static class CopyText
{
    /// <summary>The text that <paramref name="escaped"/> stands for.</summary>
    public static byte[] Unescape(ReadOnlySpan<byte> escaped)
    {
        if (!escaped.Contains((byte)'\\'))
        {
            return escaped.ToArray();
        }

        ArrayBufferWriter<byte> text = new(escaped.Length);
        for (var i = 0; i < escaped.Length; i++)
        {
            var b = escaped[i];
            if (b == '\\' && i + 1 < escaped.Length)
            {
                b = escaped[++i] switch
                {
                    (byte)'b' => 0x08,
                    (byte)'f' => 0x0C,
                    (byte)'n' => 0x0A,
                    (byte)'r' => 0x0D,
                    (byte)'t' => 0x09,
                    (byte)'v' => 0x0B,
                    (byte)'x' when Digits(escaped[(i + 1)..], 16, 2, out var value) is > 0 and int n => Advance(ref i, n, value),
                    >= (byte)'0' and <= (byte)'7' when Digits(escaped[i..], 8, 3, out var value) is int n => Advance(ref i, n - 1, value),
                    byte other => other,
                };
            }

            text.Write([b]);
        }

        return text.WrittenSpan.ToArray();
    }

    /// <summary>The form in which COPY writes <paramref name="text"/>.</summary>
    public static byte[] Escape(ReadOnlySpan<byte> text)
    {
        ArrayBufferWriter<byte> escaped = new(text.Length + 16);
        foreach (var b in text)
        {
            byte letter = b switch
            {
                0x08 => (byte)'b',
                0x0C => (byte)'f',
                0x0A => (byte)'n',
                0x0D => (byte)'r',
                0x09 => (byte)'t',
                0x0B => (byte)'v',
                (byte)'\\' => (byte)'\\',
                _ => 0,
            };
            escaped.Write(letter == 0 ? [b] : [(byte)'\\', letter]);
        }

        return escaped.WrittenSpan.ToArray();
    }

    private static byte Advance(ref int position, int by, byte value)
    {
        position += by;
        return value;
    }

    private static int Digits(ReadOnlySpan<byte> text, int numberBase, int most, out byte value)
    {
        var sum = 0;
        var count = 0;
        while (count < most && count < text.Length && char.IsAsciiHexDigit((char)text[count]))
        {
            var digit = Convert.ToInt32(((char)text[count]).ToString(), 16);
            if (digit >= numberBase)
            {
                break;
            }

            sum = (sum * numberBase) + digit;
            count++;
        }

        value = (byte)sum;
        return count;
    }
}
