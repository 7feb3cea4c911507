namespace TfeBackup.Engine.Vault.Copy;

/// <summary>Finds what a codec replaces in one field.</summary>
internal static class CopyFieldScanner
{
    private static ReadOnlySpan<byte> Opening => "\"vault:"u8;

    /// <summary>Scans the field or the part of it at hand.</summary>
    /// <param name="codec">Says what is replaced.</param>
    /// <param name="field">The bytes, as COPY escapes them.</param>
    /// <param name="isStart">Whether the field begins here.</param>
    /// <param name="isEnd">Whether it ends here.</param>
    /// <param name="previous">Otherwise the byte before.</param>
    /// <param name="found">Is called with the position and each match, in order.</param>
    /// <returns>How many bytes are decided; the rest is needed again, with what follows it.</returns>
    public static int Scan(
        ICopyCodec codec, ReadOnlySpan<byte> field, bool isStart, bool isEnd, byte previous, Action<int, CopyMatch> found)
    {
        if (isStart)
        {
            bool maybe = field.StartsWith(ICopyCodec.Prefix) || (!isEnd && ICopyCodec.Prefix.StartsWith(field));
            CopyMatch whole = !maybe ? CopyMatch.None
                : field.Length < ICopyCodec.Prefix.Length ? CopyMatch.NeedMore
                : codec.MatchWhole(field, isEnd);
            if (whole.Kind == CopyMatchKind.NeedMore)
            {
                return 0;
            }

            if (whole.Kind != CopyMatchKind.None)
            {
                found(0, whole);
                return field.Length;
            }
        }

        int position = 0;
        while (true)
        {
            int next = field[position..].IndexOf(Opening);
            if (next < 0)
            {
                return isEnd ? field.Length : field.Length - Undecided(field[position..]);
            }

            int quote = position + next;
            position = quote + 1;

            // An escaped quote is inside a string, not at its beginning.
            byte before = quote > 0 ? field[quote - 1] : isStart ? (byte)0 : previous;
            if (before == '\\')
            {
                continue;
            }

            CopyMatch match = codec.MatchToken(field[position..], isEnd);
            if (match.Kind == CopyMatchKind.NeedMore)
            {
                return quote;
            }

            if (match.Kind != CopyMatchKind.None)
            {
                found(position, match);

                // The closing quote opens nothing.
                position += match.Length + 1;
            }
        }
    }

    /// <summary>How many bytes at the end may be the beginning of an opening.</summary>
    private static int Undecided(ReadOnlySpan<byte> text)
    {
        for (int length = Math.Min(Opening.Length - 1, text.Length); length > 0; length--)
        {
            if (Opening.StartsWith(text[^length..]))
            {
                return length;
            }
        }

        return 0;
    }
}
