using System.Text.Json.Nodes;
using TfeBackup.Infra.Tests.Bicep;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed class CompilerTests(InfraFixture infra)
{
    [BicepFact]
    public async Task Every_file_compiles_and_lints_without_a_word()
    {
        var compilation = await infra.CompileAsync();

        Assert.Empty(compilation.Diagnostics);
        // What main.bicep does not reach would not have been looked at.
        var reached = JsonNode.Parse(compilation.Template!)!["resources"]!.AsObject().Count;
        var modules = Directory.GetFiles(Repository.Combine("infra", "modules"), "*.bicep")
            .Select(path => Path.GetFileName(path)).Except(["private-endpoint.bicep", "settings.bicep"]);
        Assert.Equal(modules.Count(), reached);
    }

    [BicepFact]
    public async Task A_file_with_a_fault_is_found()
    {
        var path = await infra.WriteAsync(
            "modules/faulty.bicep",
            """
            param unused string
            resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
              name: 'plan'
              location: 'westeurope'
              sku: { name: 'FC1' }
            }
            """);

        var compilation = await infra.Compiler.CompileAsync(path);

        Assert.Null(compilation.Template);
        Assert.Contains(compilation.Diagnostics, found => found.Contains("Error no-unused-params", StringComparison.Ordinal));
        Assert.Contains(compilation.Diagnostics, found => found.Contains("Error no-hardcoded-location", StringComparison.Ordinal));
    }

    [BicepFact]
    public async Task Every_file_is_formatted()
    {
        var files = Directory.GetFiles(Repository.Combine("infra"), "*.bicep*", SearchOption.AllDirectories);

        Assert.Contains(files, path => path.EndsWith(".bicepparam", StringComparison.Ordinal));
        foreach (var path in files)
        {
            Assert.Equal(await infra.Compiler.FormatAsync(path), await File.ReadAllTextAsync(path));
        }
    }

    [BicepFact]
    public async Task Every_parameter_and_output_says_what_it_is()
    {
        var template = JsonNode.Parse((await infra.CompileAsync()).Template!)!;

        Assert.Empty(Undescribed(template, "main").ToArray());
    }

    [BicepFact]
    public async Task A_name_that_no_app_setting_could_hold_stops_the_deployment()
    {
        var path = await infra.WriteAsync(
            "environments/hyphen.bicepparam",
            """
            using '../main.bicep'
            param stage = 'test'
            param emailAddresses = []
            param installations = { 'far-away': { PasswordSecret: 'password' }, near: { PasswordSecret: 'password' } }
            """);

        var refusal = await Assert.ThrowsAsync<BicepException>(() => infra.Compiler.PredictAsync(path));

        Assert.Contains("installations: far-away: expected lower-case letters and digits only", refusal.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Undescribed(JsonNode template, string place)
    {
        foreach (var section in new[] { "parameters", "outputs" })
        {
            foreach (var (name, value) in template[section]?.AsObject() ?? [])
            {
                if (string.IsNullOrWhiteSpace((string?)value!["metadata"]?["description"]))
                {
                    yield return $"{place}: {section}: {name}";
                }
            }
        }

        foreach (var (name, resource) in template["resources"] as JsonObject ?? [])
        {
            if (resource!["properties"]?["template"] is { } nested)
            {
                foreach (var missing in Undescribed(nested, $"{place}/{name}"))
                {
                    yield return missing;
                }
            }
        }
    }
}
