using System.Buffers;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>The texts both codecs know: <c>vault:v&lt;n&gt;:…</c> and <c>vault:plaintext:…</c>.</summary>
internal static class Grammar
{
    /// <summary>The maximum length of a key version.</summary>
    private const int VersionDigits = 10;

    public static readonly SearchValues<byte> Base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <summary>Those without the padding.</summary>
    public static readonly SearchValues<byte> Base64Digits =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    public static readonly SearchValues<byte> KeyName =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"u8);

    /// <summary>The marker before a text that stands in plain in the backup.</summary>
    public static ReadOnlySpan<byte> Marker => "vault:plaintext:"u8;

    /// <summary>
    /// True if <paramref name="text"/> begins with the marker; null while it is too short to say.
    /// </summary>
    public static bool? StartsWithMarker(ReadOnlySpan<byte> text, bool complete)
    {
        if (text.Length >= Marker.Length || complete)
        {
            return text.StartsWith(Marker);
        }

        return Marker.StartsWith(text) ? null : false;
    }

    /// <summary>
    /// The length of <c>vault:v&lt;n&gt;:</c> at the beginning of <paramref name="text"/>; 0 if something else is there; null while
    /// it is too short to say.
    /// </summary>
    public static int? CiphertextHead(ReadOnlySpan<byte> text, bool complete)
    {
        var start = "vault:v"u8;
        if (text.Length < start.Length)
        {
            return complete || !start.StartsWith(text) ? 0 : null;
        }

        if (!text.StartsWith(start))
        {
            return 0;
        }

        var digits = text[start.Length..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits < 0)
        {
            return complete || text.Length - start.Length > VersionDigits ? 0 : null;
        }

        return digits is > 0 and <= VersionDigits && text[start.Length + digits] == ':' ? start.Length + digits + 1 : 0;
    }
}
