using System.Text;

namespace TfeBackup.Archive.Age;

/// <summary>The textual form of an age header.</summary>
internal static class AgeHeaderText
{
    public const string Version = "age-encryption.org/v1";
    public const string StanzaPrefix = "-> ";
    public const string FooterPrefix = "---";
    public const int ColumnsPerLine = 64;

    /// <summary>The footer line: <c>---</c>, a space, the MAC in base64 and a line feed.</summary>
    public const int FooterLength = 3 + 1 + 43 + 1;

    /// <summary>Writes a header. The MAC is over everything up to and including the three hyphens.</summary>
    public static byte[] Write(IReadOnlyList<AgeStanza> stanzas, ReadOnlySpan<byte> fileKey)
    {
        var authenticated = WriteAuthenticated(stanzas);
        var footer = $" {AgeBase64.Encode(AgeKeys.HeaderMac(fileKey, authenticated))}\n";
        return [.. authenticated, .. Encoding.ASCII.GetBytes(footer)];
    }

    public static byte[] WriteAuthenticated(IReadOnlyList<AgeStanza> stanzas)
    {
        if (stanzas.Count == 0)
        {
            throw ArchiveException.InvalidRequest("An age header needs at least one recipient stanza.");
        }

        var text = new StringBuilder();
        text.Append(Version).Append('\n');
        foreach (var stanza in stanzas)
        {
            Append(text, stanza);
        }

        return Encoding.ASCII.GetBytes(text.Append(FooterPrefix).ToString());
    }

    private static void Append(StringBuilder text, AgeStanza stanza)
    {
        text.Append("->");
        foreach (var argument in stanza.Arguments.Prepend(stanza.Type))
        {
            if (argument.Length == 0 || argument.Any(c => c is < '!' or > '~'))
            {
                throw ArchiveException.InvalidRequest(
                    $"The argument '{argument}' of an age stanza is empty or not visible ASCII text.");
            }

            text.Append(' ').Append(argument);
        }

        text.Append('\n');

        // Every body ends in a line shorter than 64 columns, which may be empty.
        var body = AgeBase64.Encode(stanza.Body.Span);
        for (var start = 0; start <= body.Length; start += ColumnsPerLine)
        {
            text.Append(body, start, Math.Min(ColumnsPerLine, body.Length - start)).Append('\n');
        }
    }
}
