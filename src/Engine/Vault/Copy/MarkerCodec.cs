using System.Text;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// The way out of a backup: <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c> becomes <c>vault:v&lt;n&gt;:…</c> again, and
/// <c>vault:plaintext::&lt;base64&gt;</c> the text it stands for.
/// </summary>
internal sealed class MarkerCodec : ICopyCodec
{
    private static readonly CopyMatch Broken = new(CopyMatchKind.Broken, Grammar.Marker.Length, "");

    public CopyMatch Match(ReadOnlySpan<byte> rest, bool complete)
    {
        if (Grammar.StartsWithMarker(rest, complete) is not { } marker)
        {
            return CopyMatch.NeedMore;
        }

        if (!marker)
        {
            return CopyMatch.None;
        }

        var colon = rest[Grammar.Marker.Length..].IndexOfAnyExcept(Grammar.KeyName) + Grammar.Marker.Length;
        if (colon < Grammar.Marker.Length)
        {
            return complete ? Broken : CopyMatch.NeedMore;
        }

        return rest[colon] == ':' ? Parse(rest, colon, complete) : Broken;
    }

    public string Format(string transitKey, string result)
    {
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(result);
        return Grammar.CiphertextHead(text, complete: true) is > 0 and int head && !text[head..].ContainsAnyExcept(Grammar.Base64)
            ? result
            : throw new EngineException(EngineError.Unavailable, $"Vault's answer for the key '{transitKey}' is not of the form vault:v<n>:<base64>.");
    }

    /// <summary>
    /// Base64 ends where its own padding says it does: behind the escaped beginning of a marker, other text may follow at once.
    /// </summary>
    private static CopyMatch Parse(ReadOnlySpan<byte> marker, int colon, bool complete)
    {
        var rest = marker[(colon + 1)..];
        var length = rest.IndexOfAnyExcept(Grammar.Base64Digits);
        if (length < 0 && !complete)
        {
            return CopyMatch.NeedMore;
        }

        length = length < 0 ? rest.Length : length;
        var padded = (length + 3) / 4 * 4;
        if (padded > rest.Length)
        {
            return complete || rest[length..].ContainsAnyExcept((byte)'=') ? Broken : CopyMatch.NeedMore;
        }

        var base64 = Encoding.ASCII.GetString(rest[..padded]);
        var text = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, text, out var count))
        {
            return Broken;
        }

        return colon > Grammar.Marker.Length
            ? new CopyMatch(CopyMatchKind.ForVault, colon + 1 + padded, base64)
            : new CopyMatch(CopyMatchKind.Literal, colon + 1 + padded, Encoding.Latin1.GetString(text.AsSpan(0, count)));
    }
}
