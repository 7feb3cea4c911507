using System.Globalization;
using System.Text;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// The way into a backup: <c>vault:v&lt;n&gt;:…</c> becomes <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c>, and text that is the
/// beginning of such a marker already becomes <c>vault:plaintext::&lt;base64 of it&gt;</c>.
/// </summary>
/// <remarks>
/// Whatever begins like a ciphertext is taken for one, so that a damaged secret stops the backup rather than being copied as
/// text, and a whole one never leaves its Vault undecrypted.
/// </remarks>
internal sealed class CiphertextCodec : ICopyCodec
{
    private static readonly string MarkerText = Encoding.ASCII.GetString(Grammar.Marker);
    private static readonly string EscapedMarker = $"{MarkerText}:{Convert.ToBase64String(Grammar.Marker)}";

    public CopyMatch Match(ReadOnlySpan<byte> rest, bool complete)
    {
        if (Grammar.StartsWithMarker(rest, complete) is not { } marker)
        {
            return CopyMatch.NeedMore;
        }

        if (marker)
        {
            return new CopyMatch(CopyMatchKind.Literal, Grammar.Marker.Length, EscapedMarker);
        }

        return Grammar.CiphertextHead(rest, complete) switch
        {
            null => CopyMatch.NeedMore,
            0 => CopyMatch.None,
            { } head => Ciphertext(rest, head, complete),
        };
    }

    public string Format(string transitKey, string result)
    {
        if (Encoding.UTF8.GetBytes(result).AsSpan().ContainsAnyExcept(Grammar.Base64))
        {
            throw new EngineException(EngineError.Unavailable, $"Vault's answer for the key '{transitKey}' has a plaintext that is not base64.");
        }

        return $"{MarkerText}{transitKey}:{result}";
    }

    /// <summary>The ciphertext, as far as its characters go. JSON writers may escape its <c>/</c>, <c>+</c> and <c>=</c>.</summary>
    private static CopyMatch Ciphertext(ReadOnlySpan<byte> rest, int head, bool complete)
    {
        var text = new StringBuilder();
        var from = 0;
        var at = head;
        while (true)
        {
            var run = rest[at..].IndexOfAnyExcept(Grammar.Base64);
            if (run < 0 && !complete)
            {
                return CopyMatch.NeedMore;
            }

            at = run < 0 ? rest.Length : at + run;
            text.Append(Encoding.ASCII.GetString(rest[from..at]));
            var (length, character) = run < 0 ? (0, '\0') : JsonEscape(rest[at..], complete);
            if (length < 0)
            {
                return CopyMatch.NeedMore;
            }

            if (length == 0)
            {
                return text.Length > head
                    ? new CopyMatch(CopyMatchKind.ForVault, at, text.ToString())
                    : new CopyMatch(CopyMatchKind.Broken, at, "");
            }

            text.Append(character);
            from = at += length;
        }
    }

    /// <summary>
    /// The length and character of one that JSON escapes: <c>\/</c> or <c>\u002b</c>, with more backslashes where COPY, arrays or
    /// further JSON escape them in turn. Length 0: not one of base64's; negative: more bytes are needed.
    /// </summary>
    private static (int Length, char Character) JsonEscape(ReadOnlySpan<byte> text, bool complete)
    {
        var backslashes = text.IndexOfAnyExcept((byte)'\\');
        if (backslashes == 0)
        {
            return (0, '\0');
        }

        var escape = backslashes < 0 ? [] : text[backslashes..];
        if (escape.StartsWith("/"u8))
        {
            return (backslashes + 1, '/');
        }

        var unicode = "u00"u8;
        if (escape.StartsWith(unicode) && escape.Length >= unicode.Length + 2)
        {
            return byte.TryParse(escape.Slice(unicode.Length, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                && Grammar.Base64.Contains(code) ? (backslashes + unicode.Length + 2, (char)code) : (0, '\0');
        }

        var mayBecome = unicode.StartsWith(escape) || escape.StartsWith(unicode);
        return (mayBecome && !complete ? -1 : 0, '\0');
    }
}
