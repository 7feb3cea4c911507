using System.Text;
using System.Text.Json;

namespace TfeBackup.Server.Api;

/// <summary>The small JSON object that comes with a backup request, or as a restore's <c>config</c>.</summary>
internal sealed class RequestDocument
{
    /// <summary>The most bytes such an object may have.</summary>
    public const int MaxLength = 1 << 20;

    private readonly JsonElement _object;
    private readonly string _where;

    private RequestDocument(JsonElement root, string where)
    {
        _object = root;
        _where = where;
    }

    /// <summary>The password, which is never empty.</summary>
    public string Password
    {
        get
        {
            if (!_object.TryGetProperty("password", out var value))
            {
                throw new ApiException($"There is no \"password\" in {_where}. Expected {{ \"password\": \"…\" }}.");
            }

            return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } password
                ? password
                : throw new ApiException($"The \"password\" in {_where} is {Describe(value)}. Expected a string that is not empty.");
        }
    }

    /// <summary>Reads a document to the end of <paramref name="body"/>, whatever its content type says.</summary>
    /// <param name="body">UTF-8 JSON.</param>
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

        var text = buffer.AsMemory(0, length);
        if (text.Span.StartsWith(Encoding.UTF8.Preamble))
        {
            text = text[Encoding.UTF8.Preamble.Length..];
        }

        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new RequestDocument(document.RootElement.Clone(), where)
                : throw new ApiException($"Expected a JSON object such as {{ \"password\": \"…\" }} as {where}; it is {Describe(document.RootElement)}.");
        }
        catch (JsonException e)
        {
            // The parser's message quotes bytes of the text, and the text holds the password.
            throw new ApiException(
                length == 0
                    ? $"Expected a JSON object such as {{ \"password\": \"…\" }} as {where}; it is empty."
                    : $"Expected a JSON object such as {{ \"password\": \"…\" }} as {where}; it is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
        }
    }

    /// <summary>A flag that is false where it is not given.</summary>
    public bool Flag(string name)
    {
        if (!_object.TryGetProperty(name, out var value))
        {
            return false;
        }

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new ApiException($"\"{name}\" in {_where} is {Describe(value)}. Expected true or false."),
        };
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
