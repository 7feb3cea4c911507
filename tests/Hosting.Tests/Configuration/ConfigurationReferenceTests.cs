using System.Text;
using System.Text.Json.Nodes;

namespace TfeBackup.Hosting.Tests.Configuration;

/// <summary>The list of all settings in <c>docs/configuration.md</c> is made from the schema that ships.</summary>
public sealed class ConfigurationReferenceTests
{
    private const string Beginning = "<!-- From tfe-backup.schema.json; ConfigurationReferenceTests says what belongs here. -->\n";

    [Fact]
    public void The_reference_lists_every_setting_of_the_document()
    {
        var page = File.ReadAllText(Path.Combine(ConfigurationSchemaTests.Repository, "docs/configuration.md"));
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(ConfigurationSchemaTests.Repository, "src/Cli/tfe-backup.schema.json")))!;
        var current = Path.Combine(AppContext.BaseDirectory, "configuration-list.md");
        var list = new StringBuilder("| setting | value |\n| --- | --- |\n");
        Append(list, schema, "");
        File.WriteAllText(current, list.ToString());

        var listed = page.Split(Beginning);
        Assert.True(listed.Length == 2 && listed[1] == list.ToString(), $"docs/configuration.md does not end in the settings there are; expected the content of {current}.");
    }

    private static void Append(StringBuilder list, JsonNode schema, string path)
    {
        if (schema["properties"] is JsonObject properties)
        {
            foreach (var (name, below) in properties.Where(property => property.Key != "$schema"))
            {
                Append(list, below!, path.Length == 0 ? name : $"{path}:{name}");
            }
        }
        else if (schema["additionalProperties"] is JsonObject below)
        {
            Append(list, below, path + ":<name>");
        }
        else
        {
            var description = (string?)schema["description"];
            list.Append("| `").Append(path).Append("` | ").Append(Describe(schema)).Append(description is null ? "" : ": " + description.Replace("|", "\\|", StringComparison.Ordinal)).Append(" |\n");
        }
    }

    private static string Describe(JsonNode schema) => schema switch
    {
        _ when schema["enum"] is JsonArray names => string.Join(", ", names.Select(name => $"`{name}`")),
        _ when schema["items"] is { } items => items["enum"] is null ? "list" : $"list of {Describe(items)}",
        _ when schema["pattern"] is not null => "time, `[d.]hh:mm[:ss]`",
        _ when schema["format"] is not null => "address",
        _ => (string?)schema["type"] switch { "boolean" => "`true` or `false`", "integer" => "whole number", _ => "text" },
    };
}
