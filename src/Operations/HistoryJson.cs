using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TfeBackup.Operations;

/// <summary>The JSON options for histories.</summary>
public static class HistoryJson
{
    /// <summary>The options of a host's data converter. Members may be added to messages, never renamed: histories of earlier versions are read with them.</summary>
    public static JsonSerializerOptions Options { get; } = new(OperationJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(OperationJson.Default, new DefaultJsonTypeInfoResolver()),
    };
}
