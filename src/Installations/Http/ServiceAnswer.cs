using System.Text;
using System.Text.Json;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations.Http;

/// <summary>Explains a service's response other than success, in an operator's words.</summary>
internal static class ServiceAnswer
{
    private const int LongestBody = 64 << 10;
    private const int LongestQuote = 500;

    /// <summary>The exception for an answer that is not success.</summary>
    /// <param name="doing">The request, such as "The backup of production".</param>
    /// <param name="response">The answer.</param>
    /// <param name="secrets">Values to redact from messages.</param>
    /// <param name="cancellationToken">Cancels reading the body.</param>
    /// <param name="absent">The meaning of a 404; null for that of backups and restores.</param>
    public static async Task<OperationException> ReadFailureAsync(
        string doing, HttpResponseMessage response, IReadOnlyList<string> secrets, CancellationToken cancellationToken, string? absent = null)
    {
        var body = await ReadBodyAsync(response, cancellationToken);
        var (kind, reason) = ReadProblem(response, body);
        var status = $"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();
        var (error, hint) = Explain(response, absent);
        var said = Quote(reason, secrets);
        return new OperationException(kind ?? error, $"{doing} failed: {status}. {(said.Length > 0 ? said : hint)}");
    }

    /// <summary>Gets the category of a failure by its name in this project's documents; null for an unknown one.</summary>
    public static OperationError? KindOf(string name) => EngineFailures.KindOf(Normalize(name));

    /// <summary>The beginning of a body as text; empty where it breaks off.</summary>
    public static async Task<string> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestBody];
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // The status suffices; the body is a bonus.
            return "";
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    /// <summary>One line without secrets and control characters, of a bounded length.</summary>
    public static string Quote(string text, IReadOnlyList<string> secrets)
    {
        foreach (var secret in secrets)
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        var line = new StringBuilder(Math.Min(text.Length, LongestQuote));
        foreach (var character in text.Trim())
        {
            if (line.Length == LongestQuote)
            {
                return line.Append('…').ToString();
            }

            line.Append(char.IsControl(character) ? ' ' : character);
        }

        return line.ToString();
    }

    private static (OperationError? Kind, string Reason) ReadProblem(HttpResponseMessage response, string body)
    {
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        if (mediaType is "text/plain")
        {
            return (null, body.Length > 0 ? $"The service says: {body}" : "");
        }

        if (mediaType is not ("application/problem+json" or "application/json"))
        {
            return (null, "");
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            var problem = document.RootElement;
            return (KindOf(Text(problem, "error") ?? Text(problem, "type") ?? ""), Text(problem, "detail") ?? Text(problem, "title") ?? "");
        }
        catch (JsonException)
        {
            return (null, "");
        }
    }

    /// <summary><c>https://…/problems/wrong-password</c>, <c>urn:…:WrongPassword</c> and <c>wrongPassword</c> are one kind.</summary>
    private static string Normalize(string kind) =>
        kind[(kind.LastIndexOfAny(['/', ':', '#']) + 1)..].Replace("-", "", StringComparison.Ordinal);

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static (OperationError Error, string Hint) Explain(HttpResponseMessage response, string? absent) => (int)response.StatusCode switch
    {
        400 => (OperationError.Refused, "The service gives no reason; see its log. For a restore: wrong password, not a backup of this product, or a different product or PostgreSQL version. For a backup: the password is missing or too short."),
        401 or 403 => (OperationError.Refused, "The service rejected the token: TokenSecret must hold this installation's own backup token, shown on its settings dashboard."),
        404 or 405 or 501 => (OperationError.Unsupported, absent ?? "There is no backup API at this address: Endpoint must be the base address of /_backup/api/v1."),
        409 => (OperationError.Busy, "Another backup or restore is running on this installation, or the target is in use."),
        413 => (OperationError.Refused, "A proxy limits the size of requests: raise its limit, or connect to the service directly."),
        429 => (OperationError.Unavailable, "The service asks to try again later."),
        >= 300 and < 400 => (OperationError.InvalidConfiguration, $"The service redirects{Host(response)}; Endpoint must be the address it redirects to."),
        500 => (OperationError.Unavailable, "The service failed; see its log."),
        502 or 503 or 504 => (OperationError.Unavailable, "The service is not running, or its proxy cannot reach it."),
        > 500 => (OperationError.Unavailable, "The service failed."),
        _ => (OperationError.Refused, "This is not a response of the backup API."),
    };

    // Not the whole URL: it may contain a session.
    private static string Host(HttpResponseMessage response) =>
        response.Headers.Location is { IsAbsoluteUri: true } location ? $" to {location.Scheme}://{location.Authority}" : "";
}
