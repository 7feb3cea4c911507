using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TfeBackup.Archive.Layout;

/// <summary>The JSON inside a backup: compact, camel case, nulls left out; doubled members are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(BackupInfo))]
[JsonSerializable(typeof(FormatVersion))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ManifestLine))]
[JsonSerializable(typeof(ObjectComment))]
internal sealed partial class ArchiveJson : JsonSerializerContext
{
    /// <summary>Text stands as text, not as escapes: people read manifests.</summary>
    public static ArchiveJson Readable => Holder.Readable;

    public static byte[] Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    /// <exception cref="ArchiveException">The text is not the JSON it should be.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string where)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw ArchiveException.Corrupt($"{where} is 'null'.");
        }
        catch (JsonException e)
        {
            // The text around the fault may be anything, so only its place is repeated.
            throw ArchiveException.Corrupt(
                $"{where} is not valid for this format (line {e.LineNumber + 1}, byte {e.BytePositionInLine}, at '{e.Path}').");
        }
    }

    // A class of its own, because the generated part's statics may be initialised after those of this part.
    private static class Holder
    {
        public static readonly ArchiveJson Readable =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
