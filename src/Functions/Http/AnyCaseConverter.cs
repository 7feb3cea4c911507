using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>The names of an enumeration: read in any case, written in lower case.</summary>
internal sealed class AnyCaseConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return Enum.GetNames<T>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known
            ? Enum.Parse<T>(known)
            : throw new UnknownChoiceException(string.Join(" or ", Enum.GetNames<T>().Select(Lower)));
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Lower(value.ToString()));

    private static string Lower(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);
}
