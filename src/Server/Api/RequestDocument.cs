using System.Text;
using System.Text.Json;

namespace TfeBackup.Server.Api;

/// <summary>The small JSON object that comes with a backup request, or as a restore's <c>config</c>.</summary>
internal sealed class RequestDocument
{
    /// <summary>The most bytes such an object may have.</summary>
    public const int MaxLength = 1 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, JsonElement> _members;
    private readonly List<string> _known = [];
    private readonly string _where;

    private RequestDocument(Dictionary<string, JsonElement> members, string where)
    {
        _members = members;
        _where = where;
    }

    /// <summary>The password, which is never empty.</summary>
    public string Password
    {
        get
        {
            if (Find("password") is not { } value)
            {
                throw new ApiException($"There is no \"password\" in {_where}. Expected {{ \"password\": \"…\" }}.");
            }

            return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } password
                ? password
                : throw new ApiException($"The \"password\" in {_where} is {Describe(value)}. Expected a string that is not empty.");
        }
    }

    /// <summary>Reads a document to the end of <paramref name="body"/>, whatever its content type says.</summary>
    /// <param name="body">JSON in UTF-8, or in UTF-16 with a byte order mark, as some editors and shells write it.</param>
    /// <param name="where">What it is, for messages.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ApiException">It is no JSON object, or too long.</exception>
    public static async Task<RequestDocument> ReadAsync(Stream body, string where, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxLength + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > MaxLength)
        {
            throw new ApiException($"Expected a small JSON object as {where}; it has more than {MaxLength} bytes.");
        }

        if (length == 0)
        {
            throw new ApiException($"Expected a JSON object such as {{ \"password\": \"…\" }} as {where}; it is empty.");
        }

        var text = Decode(buffer.AsSpan(0, length), where);
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new RequestDocument(Members(document.RootElement), where)
                : throw new ApiException($"Expected a JSON object such as {{ \"password\": \"…\" }} as {where}; it is {Describe(document.RootElement)}.");
        }
        catch (JsonException e)
        {
            // The parser's message quotes the text, and the text holds the password.
            throw new ApiException(
                e.LineNumber is { } line
                    ? $"Expected a JSON object such as {{ \"password\": \"…\" }} as {where}; it is not JSON (line {line + 1}, byte {e.BytePositionInLine})."
                    : $"Expected a JSON object such as {{ \"password\": \"…\" }} as {where}; it has a duplicate member.");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, written as an escape: no text, and so neither a password that anybody could type nor a name.
            throw new ApiException($"A name or a text in {where} is not valid Unicode: it has an unpaired surrogate (\\uD800 to \\uDFFF).");
        }
    }

    /// <summary>A flag that is false where it is not given.</summary>
    public bool Flag(string name) => Find(name) is not { } value ? false : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new ApiException($"\"{name}\" in {_where} is {Describe(value)}. Expected true or false."),
    };

    /// <summary>A text; null where it is not given.</summary>
    public string? Text(string name) => Find(name) is not { } value ? null : value.ValueKind == JsonValueKind.String
        ? value.GetString()
        : throw new ApiException($"\"{name}\" in {_where} is {Describe(value)}. Expected a string.");

    /// <summary>Refuses unknown members: a misspelt one would be ignored silently.</summary>
    public void RequireNothingElse()
    {
        if (_members.Keys.FirstOrDefault(name => !_known.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw new ApiException(
                $"There is no member {RequestText.Name(unknown)} in {_where}. It has {string.Join(", ", _known.Select(name => $"\"{name}\""))}.");
        }
    }

    private JsonElement? Find(string name)
    {
        _known.Add(name);
        return _members.TryGetValue(name, out var value) ? value : null;
    }

    private static Dictionary<string, JsonElement> Members(JsonElement root)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject())
        {
            // Read for its exception: what cannot be read as text is refused before anything else is looked at.
            _ = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : null;
            members.Add(member.Name, member.Value.Clone());
        }

        return members;
    }

    private static string Decode(ReadOnlySpan<byte> bytes, string where)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }

        var littleEndian = bytes.StartsWith(Encoding.Unicode.Preamble);
        if (littleEndian || bytes.StartsWith(Encoding.BigEndianUnicode.Preamble))
        {
            return DecodeUtf16(bytes[2..], littleEndian, where);
        }

        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new ApiException($"Expected JSON in UTF-8 as {where}; it has a different encoding. Save the file as UTF-8.");
        }
    }

    private static string DecodeUtf16(ReadOnlySpan<byte> bytes, bool littleEndian, string where)
    {
        try
        {
            var text = new UnicodeEncoding(!littleEndian, byteOrderMark: false, throwOnInvalidBytes: true).GetString(bytes);
            if (text.TrimStart().StartsWith('{'))
            {
                return text;
            }
        }
        catch (DecoderFallbackException)
        {
            // As below.
        }

        throw new ApiException(
            $"Expected JSON in UTF-8 as {where}; it begins as UTF-16 but is damaged. 'curl --data @file' strips bytes from such a file: " +
            "save it as UTF-8, or send it with --data-binary.");
    }

    /// <summary>A list of names that is empty where it is not given.</summary>
    public IReadOnlyList<string> Names(string name)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(static item => item.GetString()!)]
            : throw new ApiException($"\"{name}\" in {_where} is {Describe(value)}. Expected an array of names.");
    }

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.ValueEquals("") ? "an empty string" : "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
