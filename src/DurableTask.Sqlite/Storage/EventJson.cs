using DurableTask.Core.History;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;
using Newtonsoft.Json.Linq;

namespace DurableTask.Sqlite.Storage;

/// <summary>History events and messages as JSON. An event's type stands in its <c>EventType</c>, so that no .NET type name is stored.</summary>
internal static class EventJson
{
    private static readonly JsonSerializerSettings Settings = new()
    {
        NullValueHandling = NullValueHandling.Ignore,
        DateParseHandling = DateParseHandling.None,
        DateTimeZoneHandling = DateTimeZoneHandling.Utc,
        TypeNameHandling = TypeNameHandling.None,
        Converters = { new HistoryEventConverter(), new PropertiesConverter(), new StringEnumConverter() },
    };

    public static string Write(object value) => JsonConvert.SerializeObject(value, Formatting.None, Settings);

    public static string? WriteOrNull(object? value) => value is null ? null : Write(value);

    public static T Read<T>(string json) =>
        JsonConvert.DeserializeObject<T>(json, Settings) ?? throw new JsonSerializationException($"Expected a {typeof(T).Name}, found null.");

    public static T? ReadOrNull<T>(string? json)
        where T : class => json is null ? null : Read<T>(json);

    private sealed class HistoryEventConverter : JsonConverter
    {
        private static readonly Dictionary<string, Type> Types = HistoryEvent.KnownTypes()
            .Where(type => type.Name.EndsWith("Event", StringComparison.Ordinal))
            .ToDictionary(NameOf, StringComparer.Ordinal);

        public override bool CanWrite => false;

        public override bool CanConvert(Type objectType) => objectType == typeof(HistoryEvent);

        public override object? ReadJson(JsonReader reader, Type objectType, object? existingValue, JsonSerializer serializer)
        {
            if (reader.TokenType == JsonToken.Null)
            {
                return null;
            }

            var json = JObject.Load(reader);
            if (json["EventType"]?.Value<string>() is not { } name || !Types.TryGetValue(name, out var type))
            {
                throw new JsonSerializationException($"'{json["EventType"]}' is not a type of history event that this version of DurableTask.Core knows.");
            }

            using var inner = json.CreateReader();
            inner.DateParseHandling = DateParseHandling.None;
            return serializer.Deserialize(inner, type);
        }

        public override void WriteJson(JsonWriter writer, object? value, JsonSerializer serializer) => throw new NotSupportedException();

        private static string NameOf(Type type) =>
            type == typeof(GenericEvent) ? nameof(EventType.GenericEvent) : type.Name[..^"Event".Length];
    }

    /// <summary>Failures' properties, as plain values instead of the serializer's own types.</summary>
    private sealed class PropertiesConverter : JsonConverter<IDictionary<string, object?>>
    {
        public override bool CanWrite => false;

        public override IDictionary<string, object?>? ReadJson(
            JsonReader reader, Type objectType, IDictionary<string, object?>? existingValue, bool hasExistingValue, JsonSerializer serializer) =>
            reader.TokenType == JsonToken.Null ? null : (IDictionary<string, object?>)Plain(JObject.Load(reader))!;

        public override void WriteJson(JsonWriter writer, IDictionary<string, object?>? value, JsonSerializer serializer) =>
            throw new NotSupportedException();

        private static object? Plain(JToken token) => token switch
        {
            JObject json => json.Properties().ToDictionary(p => p.Name, p => Plain(p.Value), StringComparer.Ordinal),
            JArray array => array.Select(Plain).ToList(),
            JValue value => value.Value,
            _ => null,
        };
    }
}
