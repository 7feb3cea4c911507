using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TfeBackup.Functions.Composition;

namespace TfeBackup.Functions.Tests.Api;

/// <summary>
/// Holds answers against <c>openapi.json</c>, strictly: a property that is not described is a fault, too, although callers are told to expect more one day.
/// It knows the keywords that the document uses, and no others: one it does not know is a fault of the document.
/// </summary>
internal sealed class ApiDescription
{
    private static readonly string[] Annotations = ["description", "default"];

    private ApiDescription(JsonObject document) => Document = document;

    public static ApiDescription Shipped { get; } = new(Load());

    public JsonObject Document { get; }

    /// <summary>What is wrong with an answer; nothing where it is as described.</summary>
    public async Task<IReadOnlyList<string>> FindFaultsAsync(HttpMethod method, string path, HttpResponseMessage answer)
    {
        var route = Document["paths"]!.AsObject().SingleOrDefault(known => Regex.IsMatch(path, "^" + Regex.Replace(known.Key, "{[^}]+}", "[^/]+") + "$"));
        if (route.Value?[method.Method.ToLowerInvariant()]?["responses"] is not JsonObject answers)
        {
            return [$"{method} {path} is not described."];
        }

        var status = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        if ((answers[status] ?? answers["default"]) is not JsonObject described)
        {
            return [$"{method} {route.Key}: {status} is not described."];
        }

        var faults = new List<string>();
        foreach (var (header, _) in described["headers"] as JsonObject ?? [])
        {
            if (!answer.Headers.Contains(header))
            {
                faults.Add($"header {header} is missing");
            }
        }

        var media = answer.Content.Headers.ContentType?.MediaType ?? "";
        if (described["content"]?[media]?["schema"] is not JsonObject schema)
        {
            faults.Add($"{media} is not described");
        }
        else
        {
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            Check(schema, body.RootElement, "$", faults);
        }

        return [.. faults.Select(fault => $"{method} {route.Key} {status}: {fault}")];
    }

    /// <summary>Checks a value.</summary>
    public void Check(JsonObject schema, JsonElement value, string place, List<string> faults)
    {
        foreach (var (keyword, wanted) in schema)
        {
            var fault = keyword switch
            {
                "$ref" => Follow((string)wanted!, value, place, faults),
                "allOf" => CheckAll(wanted!.AsArray(), value, place, faults),
                "anyOf" => wanted!.AsArray().Any(choice => Fits(choice!.AsObject(), value)) ? null : "is none of the kinds described",
                "type" => HasType((string)wanted!, value) ? null : $"is {value.ValueKind}; expected {wanted}",
                "enum" => wanted!.AsArray().Any(known => (string?)known == value.ToString()) ? null : $"is '{value}'; expected one of {wanted.ToJsonString()}",
                "pattern" => Regex.IsMatch(value.ToString(), (string)wanted!) ? null : $"is '{value}'; expected {wanted}",
                "format" => HasFormat((string)wanted!, value) ? null : $"is '{value}'; expected {wanted}",
                "items" => CheckItems(wanted!.AsObject(), value, place, faults),
                "properties" => CheckProperties(wanted!.AsObject(), value, place, faults),
                "required" => wanted!.AsArray().FirstOrDefault(name => value.ValueKind == JsonValueKind.Object && !value.TryGetProperty((string)name!, out _)) is { } missing
                    ? $"lacks {missing}" : null,
                _ when Annotations.Contains(keyword) => null,
                _ => $"cannot be checked: the description says {keyword}",
            };
            if (fault is not null)
            {
                faults.Add($"{place} {fault}");
            }
        }
    }

    private static JsonObject Load()
    {
        using var stream = typeof(AppServices).Assembly.GetManifestResourceStream("openapi.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }

    private bool Fits(JsonObject schema, JsonElement value)
    {
        var faults = new List<string>();
        Check(schema, value, "$", faults);
        return faults.Count == 0;
    }

    private string? Follow(string reference, JsonElement value, string place, List<string> faults)
    {
        if (Document["components"]!["schemas"]![reference.Split('/')[^1]] is not JsonObject schema)
        {
            return $"refers to {reference}, which is not there";
        }

        Check(schema, value, place, faults);
        return null;
    }

    private string? CheckAll(JsonArray parts, JsonElement value, string place, List<string> faults)
    {
        foreach (var part in parts)
        {
            Check(part!.AsObject(), value, place, faults);
        }

        return null;
    }

    private string? CheckItems(JsonObject schema, JsonElement value, string place, List<string> faults)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var (index, item) in value.EnumerateArray().Index())
            {
                Check(schema, item, $"{place}[{index}]", faults);
            }
        }

        return null;
    }

    private string? CheckProperties(JsonObject properties, JsonElement value, string place, List<string> faults)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject())
            {
                if (properties[property.Name] is JsonObject schema)
                {
                    Check(schema, property.Value, $"{place}.{property.Name}", faults);
                }
                else
                {
                    faults.Add($"{place}.{property.Name} is not described");
                }
            }
        }

        return null;
    }

    private static bool HasType(string type, JsonElement value) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => false,
    };

    private static bool HasFormat(string format, JsonElement value) => format switch
    {
        "date-time" => value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out _),
        "int32" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
        "int64" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => false,
    };
}
