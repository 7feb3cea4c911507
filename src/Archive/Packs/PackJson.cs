using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfeBackup.Archive.Packs;

/// <summary>The JSON of repositories, by the rules of <see cref="Layout.ArchiveJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IndexEnd))]
[JsonSerializable(typeof(IndexEntry))]
[JsonSerializable(typeof(IndexInfo))]
[JsonSerializable(typeof(IndexStatement))]
[JsonSerializable(typeof(KeyDescription))]
[JsonSerializable(typeof(PackUse))]
internal sealed partial class PackJson : JsonSerializerContext
{
    /// <summary>Text stands as text, not as escapes: people read indexes.</summary>
    public static PackJson Readable => Holder.Readable;

    // A class of its own, because the generated part's statics may be initialised after those of this part.
    private static class Holder
    {
        public static readonly PackJson Readable =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
