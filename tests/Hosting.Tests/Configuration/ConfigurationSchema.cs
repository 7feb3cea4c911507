using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TfeBackup.Engine.Settings;
using TfeBackup.Hosting.Configuration;

namespace TfeBackup.Hosting.Tests.Configuration;

/// <summary>
/// The schema of what the reader asks for. It is read again and again: with each name of each choice, and with something in each section,
/// until it asks for nothing new.
/// </summary>
internal static class ConfigurationSchema
{
    private const string Name = "name";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Create()
    {
        var settings = Explore();
        var root = Describe("", settings);
        root.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        root.Insert(1, "title", "The configuration of tfe-backup");
        return root.ToJsonString(Indented) + "\n";
    }

    private static SortedDictionary<string, Setting> Explore()
    {
        var found = new SortedDictionary<string, Setting>(StringComparer.Ordinal);
        var documents = new Queue<Dictionary<string, string?>>([[]]);
        while (documents.TryDequeue(out var values))
        {
            var document = new SettingsDocument(values);
            _ = BackupConfiguration.Read(document.Root);
            foreach (var (path, setting) in document.Asked)
            {
                var known = found.GetValueOrDefault(path);
                found[path] = (known is null || setting.Kind > known.Kind ? setting : known) with { Expected = Either(known?.Expected, setting.Expected) };
                if (known?.Kind == found[path].Kind)
                {
                    continue;
                }

                var more = setting.Kind switch
                {
                    SettingKind.Choice => setting.Choices!.Select(choice => (path, choice)),
                    SettingKind.Section => [(path + ":-", "x")],
                    SettingKind.Map => [($"{path}:{Name}:-", "x")],
                    _ => Enumerable.Empty<(string, string)>(),
                };
                foreach (var (key, value) in more)
                {
                    documents.Enqueue(new(values) { [key] = value });
                }
            }
        }

        return found;
    }

    // What File is, depends on the kind.
    private static string? Either(string? known, string? expected) =>
        known is null || expected is null ? known ?? expected
        : known.Split("; or ").Contains(expected) ? known
        : $"{known}; or {expected}";

    private static JsonObject Describe(string path, SortedDictionary<string, Setting> settings)
    {
        var setting = settings.GetValueOrDefault(path) ?? new Setting(SettingKind.Section);
        var schema = setting.Kind switch
        {
            SettingKind.Flag => new JsonObject { ["type"] = "boolean" },
            SettingKind.Count => new JsonObject { ["type"] = "integer", ["minimum"] = 0 },
            SettingKind.Duration => new JsonObject { ["type"] = "string", ["pattern"] = @"^(\d+\.)?\d+:\d+(:\d+(\.\d+)?)?$" },
            SettingKind.Address => new JsonObject { ["type"] = "string", ["format"] = "uri" },
            SettingKind.Choice => Names(setting),
            SettingKind.List => new JsonObject { ["type"] = "array", ["items"] = setting.Choices is null ? new JsonObject { ["type"] = "string" } : Names(setting) },
            SettingKind.Section or SettingKind.Map => new JsonObject { ["type"] = "object" },
            _ => new JsonObject { ["type"] = "string" },
        };
        if (setting.Expected is not null && setting.Kind != SettingKind.Address)
        {
            schema["description"] = setting.Expected;
        }

        if (setting.Kind == SettingKind.Map)
        {
            var below = $"{path}:{Name}";
            schema["additionalProperties"] = settings.ContainsKey(below) ? Describe(below, settings) : new JsonObject { ["type"] = "string" };
        }
        else if (setting.Kind == SettingKind.Section)
        {
            var start = path.Length == 0 ? "" : path + ":";
            var below = settings.Keys.Where(key => key.StartsWith(start, StringComparison.Ordinal) && key.IndexOf(':', start.Length) < 0);
            schema["additionalProperties"] = false;
            schema["properties"] = new JsonObject(below.Select(key => KeyValuePair.Create(key[start.Length..], (JsonNode?)Describe(key, settings))));
        }

        return schema;
    }

    private static JsonObject Names(Setting setting) => new() { ["enum"] = new JsonArray([.. setting.Choices!.Select(name => (JsonNode?)name)]) };
}
