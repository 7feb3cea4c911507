using System.Text.Json.Nodes;
using TfeBackup.Infra.Tests.Bicep;
using TfeBackup.TestSupport;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed class CompilerTests(InfraFixture infra)
{
    [BicepFact]
    public async Task Every_file_compiles_and_lints_without_a_word()
    {
        var build = await infra.BuildAsync();

        Assert.Equal("", build.Error);
        Assert.Equal(0, build.ExitCode);
        // What main.bicep does not reach would not have been looked at.
        var reached = JsonNode.Parse(build.Output)!["resources"]!.AsObject().Count;
        var modules = Directory.GetFiles(Repository.Combine("infra", "modules"), "*.bicep")
            .Select(path => Path.GetFileName(path)).Except(["private-endpoint.bicep", "settings.bicep"]);
        Assert.Equal(modules.Count(), reached);
    }

    [BicepFact]
    public async Task A_file_with_a_fault_is_found()
    {
        await File.WriteAllTextAsync(
            Path.Combine(infra.Folder, "modules", "faulty.bicep"),
            "param unused string\nresource plan 'Microsoft.Web/serverfarms@2024-04-01' = {\n  name: 'plan'\n  location: 'westeurope'\n  sku: { name: 'FC1' }\n}\n");

        var lint = await BicepCompiler.RunAsync(infra.Folder, "lint", "modules/faulty.bicep");

        Assert.NotEqual(0, lint.ExitCode);
        Assert.Contains("no-unused-params", lint.Error + lint.Output, StringComparison.Ordinal);
        Assert.Contains("no-hardcoded-location", lint.Error + lint.Output, StringComparison.Ordinal);
    }

    [BicepFact]
    public async Task Every_file_is_formatted()
    {
        using var copy = new TempFolder();
        InfraFixture.Copy(Repository.Combine("infra"), copy.Root);

        var format = await BicepCompiler.RunAsync(copy.Root, "format", "--pattern", "**/*.bicep*");

        Assert.True(format.ExitCode == 0, format.Error);
        var files = Directory.GetFiles(copy.Root, "*.bicep*", SearchOption.AllDirectories);
        Assert.Contains(files, path => path.EndsWith(".bicepparam", StringComparison.Ordinal));
        Assert.All(files, path =>
            Assert.Equal(File.ReadAllText(path), Repository.Read("infra", Path.GetRelativePath(copy.Root, path))));
    }

    [BicepFact]
    public async Task Every_parameter_and_output_says_what_it_is()
    {
        var template = JsonNode.Parse((await infra.BuildAsync()).Output)!;

        Assert.Empty(Undescribed(template, "main").ToArray());
    }

    [BicepFact]
    public async Task A_name_that_no_app_setting_could_hold_stops_the_deployment()
    {
        const string parameters = "environments/hyphen.bicepparam";
        await File.WriteAllTextAsync(
            Path.Combine(infra.Folder, parameters),
            """
            using '../main.bicep'
            param stage = 'test'
            param emailAddresses = []
            param installations = { 'far-away': { PasswordSecret: 'password' }, near: { PasswordSecret: 'password' } }
            """);

        var output = await BicepCompiler.RunAsync(
            infra.Folder, "snapshot", parameters, "--mode", "overwrite", "--subscription-id", BicepCompiler.Subscription, "--resource-group", "x");

        Assert.NotEqual(0, output.ExitCode);
        Assert.Contains("far-away: expected lower-case letters and digits only", output.Error + output.Output, StringComparison.Ordinal);
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
