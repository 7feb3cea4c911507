using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Notifications;

/// <summary>
/// A webhook as standardwebhooks.com specifies it: a JSON document with <c>type</c>, <c>timestamp</c> and <c>data</c>, and the headers <c>webhook-id</c> (the same
/// whenever the same is sent again), <c>webhook-timestamp</c> (seconds since 1970) and <c>webhook-signature</c>: <c>v1,</c> and the base64 HMAC-SHA256 of
/// <c>id.timestamp.body</c>.
/// </summary>
internal static class WebhookMessage
{
    private const string KeyPrefix = "whsec_";

    // The specification's minimum.
    private const int MinKeyBytes = 24;

    public static HttpContent Create(string id, DateTimeOffset now, DateTimeOffset time, OperationEnd end, byte[] key)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new WebhookDocument($"operation.{end.Outcome}", time, end), NotificationJson.Default.WebhookDocument);
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.Add("webhook-id", id);
        content.Headers.Add("webhook-timestamp", timestamp);
        content.Headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}");
        return content;
    }

    /// <summary>The key's bytes: of the form <c>whsec_&lt;base64&gt;</c>, or any text, taken as UTF-8.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>, naming the secret.</exception>
    public static byte[] ReadKey(string text, string secret)
    {
        var key = text.StartsWith(KeyPrefix, StringComparison.Ordinal) ? FromBase64(text[KeyPrefix.Length..]) : Encoding.UTF8.GetBytes(text);
        return key.Length >= MinKeyBytes
            ? key
            : throw new OperationException(
                OperationError.InvalidConfiguration, $"The secret {secret} is not a signing key: expected whsec_ followed by base64, or text, of at least {MinKeyBytes} bytes.");
    }

    private static byte[] FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            return [];
        }
    }
}

/// <param name="Type"><c>operation.&lt;outcome&gt;</c>.</param>
/// <param name="Timestamp">When it happened.</param>
/// <param name="Data">What happened.</param>
internal sealed record WebhookDocument(string Type, DateTimeOffset Timestamp, OperationEnd Data);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WebhookDocument))]
internal sealed partial class NotificationJson : JsonSerializerContext;
