using System.Text;

namespace TfeBackup.Archive.Age;

/// <summary>
/// Parses an age header from a stream without reading past it, although its length is only known at its end: a well-formed
/// header always goes on for at least a footer line until that line has begun, so that much can be read at a time.
/// </summary>
internal sealed class AgeHeaderReader
{
    // age sets no limit. Thousands of recipients fit; a file that is no age file does not fill the memory.
    private const int MaxLength = 1 << 20;

    private readonly List<AgeStanza> _stanzas = [];
    private readonly List<byte> _all = [];
    private readonly List<byte> _body = [];
    private string[]? _arguments;
    private int _lineStart;

    private AgeHeaderReader()
    {
    }

    public static async Task<AgeHeader> ReadAsync(Stream source, CancellationToken cancellationToken)
    {
        var reader = new AgeHeaderReader();
        var buffer = new byte[AgeHeaderText.FooterLength];
        while (true)
        {
            var wanted = reader.BytesSafeToRead();
            var read = await source.ReadAtLeastAsync(buffer.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, cancellationToken);
            for (var i = 0; i < read; i++)
            {
                if (reader.Add(buffer[i]) is { } header)
                {
                    return header;
                }
            }

            if (read < wanted)
            {
                throw reader.Ended();
            }
        }
    }

    private int BytesSafeToRead()
    {
        var inLine = _all.Count - _lineStart;
        var mayBeFooter = _all.Skip(_lineStart).Take(2).All(b => b == (byte)'-') && inLine < AgeHeaderText.FooterLength;
        return mayBeFooter ? AgeHeaderText.FooterLength - inLine : AgeHeaderText.FooterLength;
    }

    /// <summary>Takes one byte; the header when that was its last.</summary>
    private AgeHeader? Add(byte value)
    {
        _all.Add(value);
        if (value == (byte)'\n')
        {
            byte[] line = [.. _all.Skip(_lineStart).SkipLast(1)];
            var isFirst = _lineStart == 0;
            var lineStart = _lineStart;
            _lineStart = _all.Count;
            return isFirst ? CheckVersion(line) : AddLine(line, lineStart);
        }

        // What cannot become an age file is said at once: a huge file without line feeds is not read to the limit first.
        if (_lineStart == 0 && _all.Count > AgeHeaderText.Version.Length)
        {
            CheckVersion([.. _all]);
        }

        return _all.Count < MaxLength ? null : throw Damaged($"it does not end within {MaxLength} bytes");
    }

    private static AgeHeader? CheckVersion(byte[] line)
    {
        var text = Encoding.Latin1.GetString(line);
        if (text == AgeHeaderText.Version)
        {
            return null;
        }

        if (text.StartsWith("-----BEGIN AGE", StringComparison.Ordinal))
        {
            throw ArchiveException.Unsupported(
                "The file is ASCII-armoured. Backups are binary; undo the armour first, for example with 'age -d' and 'age -p'.");
        }

        if (text.StartsWith("age-encryption.org/", StringComparison.Ordinal) && text.Length == AgeHeaderText.Version.Length)
        {
            throw ArchiveException.Unsupported(
                "The file uses a version of age other than age-encryption.org/v1, or its first line is damaged.");
        }

        throw ArchiveException.Corrupt(
            $"This is not a backup: it does not begin with the line '{AgeHeaderText.Version}' of an age-encrypted file. " +
            "Check that the file is the backup itself, not an error page or a compressed copy of it.");
    }

    private AgeHeader? AddLine(byte[] line, int lineStart)
    {
        if (_arguments is not null)
        {
            AddBodyLine(line);
            return null;
        }

        if (line.AsSpan().StartsWith("-> "u8))
        {
            _arguments = ParseArguments(line.AsSpan(AgeHeaderText.StanzaPrefix.Length));
            return null;
        }

        if (!line.AsSpan().StartsWith("--- "u8))
        {
            throw Damaged($"the line at byte {lineStart} is neither a stanza nor the end of the header");
        }

        if (_stanzas.Count == 0)
        {
            throw Damaged("it has no recipient");
        }

        var authenticatedLength = lineStart + AgeHeaderText.FooterPrefix.Length;
        if (!AgeBase64.TryDecode(line.AsSpan(AgeHeaderText.FooterPrefix.Length + 1), out var mac) || mac.Length != AgeKeys.MacSize)
        {
            throw Damaged($"the header's authentication code at byte {authenticatedLength + 1} is malformed");
        }

        return new AgeHeader(_stanzas, [.. _all.Take(authenticatedLength)], mac, _all.Count);
    }

    private string[] ParseArguments(ReadOnlySpan<byte> line)
    {
        var arguments = Encoding.Latin1.GetString(line).Split(' ');
        return arguments.All(a => a.Length > 0 && a.All(c => c is >= '!' and <= '~'))
            ? arguments
            : throw Damaged($"the stanza before byte {_lineStart} has a malformed argument");
    }

    private void AddBodyLine(byte[] line)
    {
        if (line.Length > AgeHeaderText.ColumnsPerLine || !AgeBase64.TryDecode(line, out var bytes))
        {
            throw Damaged($"the stanza body before byte {_lineStart} is malformed");
        }

        _body.AddRange(bytes);
        if (line.Length < AgeHeaderText.ColumnsPerLine)
        {
            _stanzas.Add(new AgeStanza(_arguments![0], _arguments[1..], _body.ToArray()));
            _body.Clear();
            _arguments = null;
        }
    }

    private ArchiveException Ended()
    {
        if (_lineStart == 0)
        {
            CheckVersion([.. _all]);
        }

        return ArchiveException.Corrupt(
            $"The file ends after {_all.Count} bytes, within its header: it is truncated. Fetch or make the backup again.");
    }

    private static ArchiveException Damaged(string what) =>
        ArchiveException.Corrupt($"The file's age header is damaged: {what}.");
}
