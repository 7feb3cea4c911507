using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TfeBackup.Infra.Tests.Bicep;
using TfeBackup.Operations.Model;

namespace TfeBackup.Infra.Tests.Runbook;

/// <summary>At 3 a.m. nobody wants to find out that a command of the runbook names something that is gone.</summary>
[Collection(InfraTests.Name)]
public sealed partial class RunbookTests(InfraFixture infra)
{
    private static readonly string Text = Repository.Read("infra", "README.md");

    [BicepFact]
    public async Task Outputs_and_parameters_that_it_names_exist()
    {
        var template = JsonNode.Parse((await infra.CompileAsync()).Template!)!;
        var outputs = template["outputs"]!.AsObject().Select(pair => pair.Key).ToHashSet();
        var parameters = template["parameters"]!.AsObject().Select(pair => pair.Key).ToHashSet();

        var named = Output().Matches(Text).Select(match => match.Groups[1].Value).ToHashSet();
        Assert.NotEmpty(named);
        Assert.Subset(outputs, named);
        Assert.Subset(parameters, Parameter().Matches(Text).Select(match => match.Groups[1].Value).ToHashSet());
        Assert.Contains("immutabilityDays", Parameter().Matches(Text).Select(match => match.Groups[1].Value));
    }

    [Fact]
    public void Files_that_it_names_exist()
    {
        var named = File().Matches(Text).Select(match => match.Value).Distinct().ToArray();

        Assert.Contains("infra/environments/production.bicepparam", named);
        Assert.All(named, path => Assert.True(System.IO.File.Exists(Repository.Combine(path)), $"{path} is named by the runbook and does not exist."));
    }

    [Fact]
    public void Routes_that_it_calls_are_the_app_s()
    {
        var called = Route().Matches(Text).Select(match => Regex.Replace(match.Groups[1].Value, "(?<=/installations/)[^/]+", "{name}"))
            .Select(route => Regex.Replace(route, @"<id>|\$OPERATION", "{id}")).Distinct().Order(StringComparer.Ordinal).ToArray();

        Assert.Equal(
            [
                "/health", "/installations/{name}/backups", "/installations/{name}/drills", "/installations/{name}/restores",
                "/operations", "/operations/{id}", "/operations/{id}/approval",
            ],
            called);
        var described = Repository.Combine("src", "Functions", "Http", "openapi.json");
        if (System.IO.File.Exists(described))
        {
            var paths = JsonNode.Parse(System.IO.File.ReadAllText(described))!["paths"]!.AsObject()
                .Select(pair => Regex.Replace(pair.Key, "^/api(?=/)", "")).ToHashSet();
            Assert.Subset(paths, called.ToHashSet());
        }
    }

    [Fact]
    public void Kinds_of_failure_that_it_explains_exist()
    {
        var named = Kind().Matches(Text).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Contains("TargetNotEmpty", named);
        Assert.Subset(Enum.GetNames<OperationError>().ToHashSet(), named);
    }

    [GeneratedRegex(@"\$\(output (\w+)\)")]
    private static partial Regex Output();

    /// <summary>Names in the form of parameters, camel case, in backticks; those of other things are listed.</summary>
    [GeneratedRegex(@"`([a-z]+(?:[A-Z][a-z]+)+)(?: = \S+)?`")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\$URL/api(/[\w/<>$]+)")]
    private static partial Regex Route();

    [GeneratedRegex(@"(?<![\w/])infra/[\w./]+\.(?:bicepparam|bicep|yml)\b")]
    private static partial Regex File();

    /// <summary>The first cells of the table of answers, and the lists below the alerts.</summary>
    [GeneratedRegex(@"^(?:\| |- (?:`\w+`, )*)`([A-Z]\w+)`", RegexOptions.Multiline)]
    private static partial Regex Kind();
}
