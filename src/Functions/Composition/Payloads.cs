using System.Text.Encodings.Web;
using System.Text.Json;

namespace TfeBackup.Functions.Composition;

/// <summary>How Durable Task writes what histories hold: strings of JSON, whose quotation marks need not take six characters each.</summary>
internal static class Payloads
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
