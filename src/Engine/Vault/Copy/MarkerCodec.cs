using System.Text;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// The way out of a backup: <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c> becomes <c>vault:v&lt;n&gt;:…</c> again, and
/// <c>vault:plaintext::&lt;base64&gt;</c> the text it stands for.
/// </summary>
internal sealed class MarkerCodec : ICopyCodec
{
    public CopyMatch MatchWhole(ReadOnlySpan<byte> value, bool complete)
    {
        if (Grammar.StartsWithMarker(value, complete) is not { } marker)
        {
            return CopyMatch.NeedMore;
        }

        if (!marker)
        {
            return CopyMatch.None;
        }

        if (!complete)
        {
            return CopyMatch.NeedMore;
        }

        return Length(value) == value.Length && Parse(value) is { Kind: not CopyMatchKind.None } match
            ? match
            : throw new EngineException(
                EngineError.CorruptSource, "A value in the backup begins with vault:plaintext: and does not go on as FORMAT.md says.");
    }

    public CopyMatch MatchToken(ReadOnlySpan<byte> rest, bool complete)
    {
        if (Grammar.StartsWithMarker(rest, complete) is not { } marker)
        {
            return CopyMatch.NeedMore;
        }

        if (!marker)
        {
            return CopyMatch.None;
        }

        int length = Length(rest);
        if (length == rest.Length)
        {
            return complete ? CopyMatch.None : CopyMatch.NeedMore;
        }

        return length > 0 && rest[length] == '"' ? Parse(rest[..length]) : CopyMatch.None;
    }

    public string Format(string transitKey, string result)
    {
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(result);
        return Grammar.CiphertextHead(text, complete: true) is > 0 and int head && !text[head..].ContainsAnyExcept(Grammar.Base64)
            ? result
            : throw new EngineException(EngineError.Unavailable, $"Vault's answer for the key '{transitKey}' is not of the form vault:v<n>:<base64>.");
    }

    /// <summary>How far the characters fit <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c>; 0 where they do not get as far as the base64.</summary>
    private static int Length(ReadOnlySpan<byte> text)
    {
        int colon = text[Grammar.Marker.Length..].IndexOfAnyExcept(Grammar.KeyName);
        if (colon < 0)
        {
            return text.Length;
        }

        colon += Grammar.Marker.Length;
        if (text[colon] != ':')
        {
            return 0;
        }

        int end = text[(colon + 1)..].IndexOfAnyExcept(Grammar.Base64);
        return end < 0 ? text.Length : colon + 1 + end;
    }

    private static CopyMatch Parse(ReadOnlySpan<byte> marker)
    {
        ReadOnlySpan<byte> rest = marker[Grammar.Marker.Length..];
        int colon = rest.IndexOf((byte)':');
        if (colon < 0)
        {
            return CopyMatch.None;
        }

        string base64 = Encoding.ASCII.GetString(rest[(colon + 1)..]);
        byte[] text = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, text, out int count))
        {
            return CopyMatch.None;
        }

        return colon > 0
            ? new CopyMatch(CopyMatchKind.ForVault, marker.Length, base64)
            : new CopyMatch(CopyMatchKind.Literal, marker.Length, Encoding.Latin1.GetString(CopyText.Escape(text.AsSpan(0, count))));
    }
}
