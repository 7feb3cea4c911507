using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TfeBackup.Hosting.Tests.Configuration;

public sealed class ConfigurationSchemaTests
{
    internal static readonly string Repository = FindRepository();

    [Fact]
    public void The_schema_that_ships_has_what_the_reader_asks_for_and_nothing_else()
    {
        var shipped = Path.Combine(Repository, "src/Cli/tfe-backup.schema.json");
        var current = Path.Combine(AppContext.BaseDirectory, "tfe-backup.schema.json");
        File.WriteAllText(current, ConfigurationSchema.Create());

        Assert.True(File.Exists(shipped) && File.ReadAllText(current) == File.ReadAllText(shipped), $"{shipped} is not what the reader asks for; expected the content of {current}.");
    }

    [Fact]
    public void The_schema_knows_every_kind_and_mode()
    {
        var installation = JsonNode.Parse(ConfigurationSchema.Create())!["properties"]!["Installations"]!["additionalProperties"]!["properties"]!;

        Assert.All(["Unit", "Pod", "Job", "Selector", "Drain", "Cluster", "HostKey", "ScaleSet"], name => Assert.NotNull(installation["Restart"]!["properties"]![name]));
        Assert.Equal("string", (string?)installation["Direct"]!["properties"]!["Vault"]!["properties"]!["Columns"]!["additionalProperties"]!["type"]);
        Assert.Null(installation["Direct"]!["properties"]!["Vault"]!["properties"]!["Token"]);
    }

    [Fact]
    public void The_schema_accepts_the_documentation_s_example()
    {
        var example = Regex.Matches(File.ReadAllText(Path.Combine(Repository, "README.md")), "```json\n(.*?)```", RegexOptions.Singleline)
            .Select(match => match.Groups[1].Value).Single(text => text.Contains("\"Installations\"", StringComparison.Ordinal));
        var schema = JsonNode.Parse(ConfigurationSchema.Create())!;

        Assert.Empty(Faults(schema, JsonNode.Parse(example)!));
        Assert.Equal(["$.Stroe"], Faults(schema, JsonNode.Parse("""{"Stroe":{}}""")!));
        Assert.Equal(["$.Store.Kind", "$.State"], Faults(schema, JsonNode.Parse("""{"Store":{"Kind":"Tape"},"State":1}""")!));
    }

    private static IEnumerable<string> Faults(JsonNode schema, JsonNode value, string path = "$")
    {
        var isOfType = (string?)schema["type"] switch
        {
            "object" => value is JsonObject,
            "array" => value is JsonArray,
            "integer" => value is JsonValue number && number.TryGetValue<int>(out _),
            "boolean" => value is JsonValue flag && flag.TryGetValue<bool>(out _),
            _ => value is JsonValue text && text.TryGetValue<string>(out _),
        };
        var isOfPattern = schema["pattern"] is not { } pattern || (isOfType && Regex.IsMatch((string)value!, (string)pattern!));
        if (!isOfType || !isOfPattern || (schema["enum"] is JsonArray names && !names.Any(name => JsonNode.DeepEquals(name, value))))
        {
            return [path];
        }

        return value switch
        {
            JsonArray items => items.SelectMany((item, i) => Faults(schema["items"]!, item!, $"{path}[{i}]")),
            JsonObject properties => properties.SelectMany(property =>
                (schema["properties"]?[property.Key] ?? schema["additionalProperties"]) is JsonObject known
                    ? Faults(known, property.Value!, $"{path}.{property.Key}")
                    : [$"{path}.{property.Key}"]),
            _ => [],
        };
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
