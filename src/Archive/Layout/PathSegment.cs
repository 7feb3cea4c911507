using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace TfeBackup.Archive.Layout;

/// <summary>
/// A schema's or table's name as a path segment: letters, digits, <c>_</c> and <c>-</c> of ASCII stand for themselves, every
/// other byte of its UTF-8 as <c>%</c> and two upper-case hexadecimal digits. So no name is <c>..</c> or has a slash.
/// </summary>
internal static class PathSegment
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="EncoderFallbackException">The name is not Unicode text.</exception>
    public static string Encode(string name)
    {
        var segment = new StringBuilder(name.Length);
        foreach (var b in StrictUtf8.GetBytes(name))
        {
            if (IsPlain((char)b))
            {
                segment.Append((char)b);
            }
            else
            {
                segment.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        return segment.ToString();
    }

    public static bool TryDecode(string segment, [NotNullWhen(true)] out string? name)
    {
        name = null;
        var bytes = new List<byte>(segment.Length);
        for (var i = 0; i < segment.Length; i++)
        {
            if (IsPlain(segment[i]))
            {
                bytes.Add((byte)segment[i]);
            }
            else if (segment[i] == '%'
                && i + 2 < segment.Length
                && byte.TryParse(segment.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                return false;
            }
        }

        // Encoding again catches the other spellings: lower-case digits, needless escapes, bytes that are no UTF-8.
        var decoded = Encoding.UTF8.GetString([.. bytes]);
        if (decoded.Length == 0 || Encode(decoded) != segment)
        {
            return false;
        }

        name = decoded;
        return true;
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
