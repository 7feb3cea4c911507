using System.Buffers;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>Escapes values for PostgreSQL's text COPY format.</summary>
internal static class CopyText
{
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
}
