using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>docs/json.md names every member that the program prints.</summary>
public sealed class JsonDocumentTests
{
    [Fact]
    public async Task Every_member_that_is_printed_is_documented()
    {
        await using var site = await Site.CreateAsync();
        site.Configuration["Installations"]!["old"]!["Schedule"] = "0 0 */6 * * *";
        site.Configuration["Installations"]!["old"]!["Drill"] = new JsonObject { ["Into"] = "new", ["Schedule"] = "0 0 3 * * 0" };
        site.Save();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        (await site.RunAsync("verify", "old/latest")).ShouldEndWith(0);
        await File.WriteAllTextAsync(site.Folder.Combine("token"), "token");
        var documented = Documented();

        foreach (var (row, arguments) in new (string Row, string[] Arguments)[]
        {
            ("status", ["status"]),
            ("doctor", ["doctor"]),
            ("list", ["list"]),
            ("show", ["show", "latest"]),
            ("operations", ["operations"]),
            ("inspect", ["inspect", "latest"]),
            ("ls", ["ls", "latest", "database/schema.json"]),
            ("extract", ["extract", "latest", "--to", "out"]),
            ("init", ["init", "--config", "other/tfe-backup.json", "--endpoint", "https://tfe.example.com", "--token-file", "token", "--store", "other/store"]),
            ("password new", ["password", "new"]),
            ("version", ["version"]),
        })
        {
            var result = await site.RunAsync([.. arguments, "--json"]);
            Assert.True(result.Out.Length > 0, $"{row}: {result.Error}");
            var document = JsonNode.Parse(result.Out)!;

            // Of records and operations the outer members are named.
            var depth = row is "list" or "show" or "operations" ? 1 : 3;
            foreach (var member in Members(document, depth).Distinct().Where(member => row != "list" || documented["list"].Contains(member)))
            {
                Assert.True(documented[row].Contains(member) || documented["backup"].Contains(member), $"docs/json.md does not name '{member}' of {row}.");
            }
        }
    }

    private static IEnumerable<string> Members(JsonNode? node, int depth) => node switch
    {
        JsonArray items => items.SelectMany(item => Members(item, depth)),
        JsonObject members when depth > 0 => members.SelectMany(member => Members(member.Value, depth - 1).Prepend(member.Key)),
        _ => [],
    };

    private static Dictionary<string, HashSet<string>> Documented()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "docs", "json.md")))
        {
            folder = folder.Parent;
        }

        var rows = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var line in File.ReadAllLines(Path.Combine(folder.FullName, "docs", "json.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            var cells = line.Split(" | ", 2);
            foreach (var command in Words(cells[0]))
            {
                rows[command] = Words(cells[1]);
            }
        }

        return rows;
    }

    private static HashSet<string> Words(string text) => [.. Regex.Matches(text, "`([^`]+)`").Select(match => match.Groups[1].Value)];
}
