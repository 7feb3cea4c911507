namespace TfeBackup.Engine.Vault.Copy;

/// <summary>Finds what a codec replaces in one field.</summary>
internal static class CopyFieldScanner
{
    /// <summary>Scans the field or the part of it at hand.</summary>
    /// <param name="codec">Says what is replaced.</param>
    /// <param name="field">The bytes, as COPY escapes them.</param>
    /// <param name="isEnd">True if the field ends here.</param>
    /// <param name="escaped">True if the byte before, in the same field, escapes the first of these.</param>
    /// <param name="found">Is called with the position and each match, in order.</param>
    /// <returns>The number of bytes decided; the rest is needed again, with what follows it.</returns>
    public static int Scan(ICopyCodec codec, ReadOnlySpan<byte> field, bool isEnd, bool escaped, Action<int, CopyMatch> found)
    {
        var plain = field.IndexOf(ICopyCodec.Prefix);
        var hex = field.IndexOf(HexText.Prefix);
        var position = 0;
        while (plain >= 0 || hex >= 0)
        {
            var isHex = plain < 0 || (hex >= 0 && hex < plain);
            var at = isHex ? hex : plain;

            // COPY writes a vertical tab as \v.
            var match = isHex ? HexText.Match(codec, field[at..], isEnd)
                : Escapes(field[..at], escaped) ? CopyMatch.None
                : codec.Match(field[at..], isEnd);
            if (match.Kind == CopyMatchKind.NeedMore)
            {
                return at;
            }

            if (match.Kind != CopyMatchKind.None)
            {
                found(at, match);
            }

            position = at + Math.Max(match.Length, 1);
            plain = Next(field, position, plain, ICopyCodec.Prefix);
            hex = Next(field, position, hex, HexText.Prefix);
        }

        return isEnd ? field.Length : field.Length - Math.Max(PrefixOverlap(field[position..], ICopyCodec.Prefix), PrefixOverlap(field[position..], HexText.Prefix));
    }

    /// <summary>True if <paramref name="text"/> ends in a backslash that escapes what follows.</summary>
    /// <param name="text">COPY text.</param>
    /// <param name="escaped">True if what is before escapes its first byte.</param>
    public static bool Escapes(ReadOnlySpan<byte> text, bool escaped)
    {
        var other = text.LastIndexOfAnyExcept((byte)'\\');
        return (other < 0 && escaped) != ((text.Length - 1 - other) % 2 != 0);
    }

    private static int Next(ReadOnlySpan<byte> field, int from, int last, ReadOnlySpan<byte> prefix)
    {
        if (last < 0 || last >= from)
        {
            return last;
        }

        var next = field[from..].IndexOf(prefix);
        return next < 0 ? -1 : from + next;
    }

    /// <summary>The number of bytes at the end that may begin <paramref name="prefix"/>.</summary>
    private static int PrefixOverlap(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix)
    {
        for (var length = Math.Min(prefix.Length - 1, text.Length); length > 0; length--)
        {
            if (prefix.StartsWith(text[^length..]))
            {
                return length;
            }
        }

        return 0;
    }
}
