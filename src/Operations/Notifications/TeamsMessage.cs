using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Notifications;

/// <summary>
/// An Adaptive Card in the envelope that a Teams workflow's webhook takes. Texts that come from elsewhere stand in text runs, which show no Markdown: an
/// error message does not become a link. At most about 8 KB; Teams takes 28.
/// </summary>
internal static class TeamsMessage
{
    private const int MaxText = 2_000;
    private const int MaxWarnings = 5;

    public static HttpContent Create(OperationEnd end)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            WriteEnvelope(json, end);
        }

        var content = new ByteArrayContent(buffer.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static void WriteEnvelope(Utf8JsonWriter json, OperationEnd end)
    {
        json.WriteStartObject();
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteNull("contentUrl");
        json.WriteStartObject("content");
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.4");
        json.WriteStartObject("msteams");
        json.WriteString("width", "Full");
        json.WriteEndObject();
        json.WriteStartArray("body");
        WriteText(json, $"{end.Kind} of {end.Installation ?? "?"} {end.Outcome}", ColorOf(end), bold: true);
        WriteFacts(json, end);
        if (end.Failure is not null)
        {
            WriteText(json, $"{end.Error}: {end.Failure}", "Default", bold: false);
        }

        foreach (var warning in end.Warnings.Take(MaxWarnings))
        {
            WriteText(json, warning, "Warning", bold: false);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string ColorOf(OperationEnd end) => end switch
    {
        { Error: not null } => "Attention",
        { Warnings.Count: > 0 } => "Warning",
        _ => "Good",
    };

    private static void WriteText(Utf8JsonWriter json, string text, string color, bool bold)
    {
        json.WriteStartObject();
        json.WriteString("type", "RichTextBlock");
        json.WriteStartArray("inlines");
        json.WriteStartObject();
        json.WriteString("type", "TextRun");
        json.WriteString("text", Text.Shorten(text, MaxText));
        json.WriteString("color", color);
        json.WriteString("weight", bold ? "Bolder" : "Default");
        json.WriteString("size", bold ? "Medium" : "Default");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFacts(Utf8JsonWriter json, OperationEnd end)
    {
        json.WriteStartObject();
        json.WriteString("type", "FactSet");
        json.WriteStartArray("facts");
        Fact("Operation", end.Operation);
        Fact("Backup", end.Backup);
        Fact("Size", end.Size?.ToString("N0", CultureInfo.InvariantCulture) is { } size ? $"{size} bytes" : null);
        Fact("Began", end.Started?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        Fact("Took", end.DurationSeconds is { } seconds ? TimeSpan.FromSeconds(Math.Round(seconds)).ToString("c", CultureInfo.InvariantCulture) : null);
        json.WriteEndArray();
        json.WriteEndObject();

        void Fact(string title, string? value)
        {
            if (value is not null)
            {
                json.WriteStartObject();
                json.WriteString("title", title);
                json.WriteString("value", value);
                json.WriteEndObject();
            }
        }
    }
}
