using System.Globalization;
using System.Text;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// The way into a backup: <c>vault:v&lt;n&gt;:…</c> becomes <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c>, and a text that already begins
/// with that marker becomes <c>vault:plaintext::&lt;base64 of it&gt;</c>.
/// </summary>
/// <remarks>
/// A whole value that begins like a ciphertext is taken for one whatever follows, so that a damaged secret stops the backup
/// rather than being copied as text. Inside a longer value only a JSON string that is nothing but a ciphertext counts.
/// </remarks>
internal sealed class CiphertextCodec : ICopyCodec
{
    private static readonly string MarkerText = Encoding.ASCII.GetString(Grammar.Marker);

    public CopyMatch MatchWhole(ReadOnlySpan<byte> value, bool complete)
    {
        bool? marker = Grammar.StartsWithMarker(value, complete);
        int? head = Grammar.CiphertextHead(value, complete);
        if (marker == false && head == 0)
        {
            return CopyMatch.None;
        }

        if (!complete)
        {
            return CopyMatch.NeedMore;
        }

        return marker == true
            ? Escaped(value)
            : new CopyMatch(CopyMatchKind.ForVault, value.Length, Encoding.UTF8.GetString(CopyText.Unescape(value)));
    }

    public CopyMatch MatchToken(ReadOnlySpan<byte> rest, bool complete)
    {
        bool? marker = Grammar.StartsWithMarker(rest, complete);
        int? head = Grammar.CiphertextHead(rest, complete);
        if (marker == false && head == 0)
        {
            return CopyMatch.None;
        }

        if (marker == true)
        {
            int end = StringEnd(rest);
            return end >= 0 ? Escaped(rest[..end]) : complete ? CopyMatch.None : CopyMatch.NeedMore;
        }

        return head > 0 ? Ciphertext(rest, head.Value, complete) : CopyMatch.NeedMore;
    }

    public string Format(string transitKey, string result)
    {
        if (Encoding.UTF8.GetBytes(result).AsSpan().ContainsAnyExcept(Grammar.Base64))
        {
            throw new EngineException(EngineError.Unavailable, $"Vault's answer for the key '{transitKey}' holds a plaintext that is not base64.");
        }

        return $"{MarkerText}{transitKey}:{result}";
    }

    private static CopyMatch Escaped(ReadOnlySpan<byte> original) => new(
        CopyMatchKind.Literal, original.Length, $"{MarkerText}:{Convert.ToBase64String(CopyText.Unescape(original))}");

    /// <summary>The ciphertext up to the closing quote. JSON writers may escape its <c>/</c>, <c>+</c> and <c>=</c>.</summary>
    private static CopyMatch Ciphertext(ReadOnlySpan<byte> rest, int head, bool complete)
    {
        StringBuilder? unescaped = null;
        int from = 0;
        int at = head;
        while (true)
        {
            int run = rest[at..].IndexOfAnyExcept(Grammar.Base64);
            if (run < 0)
            {
                return complete ? CopyMatch.None : CopyMatch.NeedMore;
            }

            at += run;
            if (rest[at] == '"')
            {
                break;
            }

            // JSON's backslash is doubled by COPY: \\/ or \\u002b.
            (int length, char c) = JsonEscape(rest[at..], complete);
            if (length <= 0)
            {
                return length == 0 ? CopyMatch.None : CopyMatch.NeedMore;
            }

            unescaped ??= new StringBuilder();
            unescaped.Append(Encoding.ASCII.GetString(rest[from..at])).Append(c);
            at += length;
            from = at;
        }

        if (at == head)
        {
            return CopyMatch.None;
        }

        string last = Encoding.ASCII.GetString(rest[from..at]);
        return new CopyMatch(CopyMatchKind.ForVault, at, unescaped is null ? last : unescaped.Append(last).ToString());
    }

    /// <summary>The escape's length and character; length 0: not one of base64's; negative: more bytes are needed.</summary>
    private static (int Length, char Character) JsonEscape(ReadOnlySpan<byte> text, bool complete)
    {
        ReadOnlySpan<byte> slash = "\\\\/"u8;
        ReadOnlySpan<byte> unicode = "\\\\u00"u8;
        if (text.StartsWith(slash))
        {
            return (slash.Length, '/');
        }

        if (text.StartsWith(unicode) && text.Length >= unicode.Length + 2)
        {
            return byte.TryParse(text.Slice(unicode.Length, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte code)
                && Grammar.Base64.Contains(code) ? (unicode.Length + 2, (char)code) : (0, '\0');
        }

        bool mayBecome = slash.StartsWith(text) || unicode.StartsWith(text) || text.StartsWith(unicode);
        return (mayBecome && !complete ? -1 : 0, '\0');
    }

    /// <summary>Where the JSON string ends, -1 if its closing quote is not there.</summary>
    private static int StringEnd(ReadOnlySpan<byte> rest)
    {
        int at = 0;
        bool escaped = false;
        while (at < rest.Length)
        {
            int unit = rest[at] == '\\' ? 2 : 1;
            if (unit == 1 && rest[at] == '"' && !escaped)
            {
                return at;
            }

            // A literal backslash, which COPY doubles, escapes what follows it in JSON.
            escaped = !escaped && unit == 2 && at + 1 < rest.Length && rest[at + 1] == '\\';
            at += unit;
        }

        return -1;
    }
}
