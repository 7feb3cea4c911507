using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using TfeBackup.Functions.Durable;
using TfeBackup.Workflows;

namespace TfeBackup.Functions.Tests;

/// <summary>The functions that the build lists for the host, beside what the README, the API's description and the workflows say.</summary>
public sealed partial class FunctionListTests
{
    [Fact]
    public async Task The_README_lists_exactly_the_functions_there_are()
    {
        var built = (await BuiltAsync()).Select(function => $"{function.Name}|{Describe(function)}").Order(StringComparer.Ordinal);
        var documented = ReadTable().Select(row => $"{row.Name}|{row.Trigger}").Order(StringComparer.Ordinal);

        Assert.Equal(documented, built);
    }

    [Fact]
    public async Task Every_orchestration_and_activity_of_the_workflows_has_its_function()
    {
        var built = await BuiltAsync();
        Assert.Equal(
            WorkflowCatalog.Orchestrations.Select(orchestration => OrchestrationVersions.FunctionOf(orchestration.Name)).Order(StringComparer.Ordinal),
            built.Where(function => Describe(function) == "orchestration").Select(function => function.Name).Order(StringComparer.Ordinal));
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        Assert.Equal(
            app.App.ActivityNames.Order(StringComparer.Ordinal),
            built.Where(function => Describe(function) == "activity").Select(function => function.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_description_of_the_API_has_exactly_its_routes()
    {
        var site = await ScriptedSite.CreateAsync();
        await using var app = await site.StartAsync();
        var document = JsonNode.Parse(await app.Http.GetStringAsync("/api/openapi.json"))!;
        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()
            .Where(verb => HttpMethods.IsGet(verb.Key) || HttpMethods.IsPost(verb.Key) || HttpMethods.IsDelete(verb.Key))
            .Select(verb => $"{verb.Value!["operationId"]}|{verb.Key.ToUpperInvariant()} {path.Key}"));
        var built = (await BuiltAsync()).Where(function => Describe(function).Contains("/api/", StringComparison.Ordinal))
            .Select(function => $"{function.Name}|{Describe(function)}");

        Assert.Equal(built.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        foreach (Match reference in References().Matches(document.ToJsonString()))
        {
            Assert.NotNull(document["components"]!["schemas"]![reference.Groups["name"].Value]);
        }
    }

    [Fact]
    public async Task Every_call_needs_a_key()
    {
        Assert.All(
            (await BuiltAsync()).SelectMany(Bindings).Where(binding => Type(binding) == "httpTrigger"),
            binding => Assert.Equal("Function", binding["authLevel"]!.GetValue<string>()));
    }

    /// <summary>The functions that the README lists.</summary>
    internal static IEnumerable<string> DocumentedNames() => ReadTable().Select(row => row.Name);

    private static async Task<IReadOnlyList<IFunctionMetadata>> BuiltAsync() =>
        await new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync("");

    private static string Describe(IFunctionMetadata function)
    {
        var trigger = Bindings(function).Single(binding => Type(binding).EndsWith("Trigger", StringComparison.Ordinal));
        return Type(trigger) switch
        {
            "httpTrigger" => $"{trigger["methods"]!.AsArray().Single()!.GetValue<string>().ToUpperInvariant()} /api/{trigger["route"]}",
            "timerTrigger" => $"timer {trigger["schedule"]}",
            "orchestrationTrigger" => "orchestration",
            "activityTrigger" => "activity",
            var other => other,
        };
    }

    private static IEnumerable<JsonObject> Bindings(IFunctionMetadata function) =>
        function.RawBindings!.Select(binding => JsonNode.Parse(binding)!.AsObject());

    private static string Type(JsonObject binding) => binding["type"]!.GetValue<string>();

    private static IEnumerable<(string Name, string Trigger)> ReadTable()
    {
        using var reader = new StreamReader(typeof(FunctionListTests).Assembly.GetManifestResourceStream("README.md")!);
        var section = reader.ReadToEnd().Split("\n## ").Single(part => part.StartsWith("The Functions app\n", StringComparison.Ordinal));
        foreach (Match row in Rows().Matches(section))
        {
            foreach (Match name in Names().Matches(row.Groups["names"].Value))
            {
                yield return (name.Groups["name"].Value, row.Groups["trigger"].Value.Replace("`", "", StringComparison.Ordinal));
            }
        }
    }

    [GeneratedRegex("^\\| (?<names>`[^|]+`) \\| (?<trigger>[^|]+) \\|", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Names();

    [GeneratedRegex("#/components/schemas/(?<name>\\w+)")]
    private static partial Regex References();
}
