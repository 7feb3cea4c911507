using System.Text.Json.Nodes;

namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>The resources a deployment would make, as Resource Manager would be sent them.</summary>
internal sealed class PredictedDeployment(IReadOnlyList<JsonObject> resources)
{
    public IReadOnlyList<JsonObject> Resources { get; } = resources;

    public static PredictedDeployment Read(string snapshot)
    {
        var root = JsonNode.Parse(snapshot)!.AsObject();
        Assert.Empty(root["diagnostics"]!.AsArray());
        return new PredictedDeployment([.. root["predictedResources"]!.AsArray().Select(resource => resource!.AsObject())]);
    }

    public IReadOnlyList<JsonObject> OfType(string type) =>
        [.. Resources.Where(resource => string.Equals((string?)resource["type"], type, StringComparison.OrdinalIgnoreCase))];

    public JsonObject Single(string type, string? nameContains = null) =>
        Assert.Single(OfType(type), resource => nameContains is null || resource.Name().Contains(nameContains, StringComparison.Ordinal));

    /// <summary>The app settings of the Functions app.</summary>
    public IReadOnlyDictionary<string, string> AppSettings =>
        Single("Microsoft.Web/sites").Property("siteConfig.appSettings").AsArray()
            .ToDictionary(setting => (string)setting!["name"]!, setting => (string)setting!["value"]!, StringComparer.Ordinal);

    /// <summary>The query of each alert, by the alert's name.</summary>
    public IReadOnlyDictionary<string, string> AlertQueries =>
        OfType("Microsoft.Insights/scheduledQueryRules").ToDictionary(
            rule => rule.Name(), rule => (string)rule.Property("criteria.allOf")[0]!["query"]!, StringComparer.Ordinal);

    /// <summary>The workbook.</summary>
    public JsonObject Workbook =>
        JsonNode.Parse((string)Single("Microsoft.Insights/workbooks").Property("serializedData")!)!.AsObject();

    /// <summary>The query of each part of the workbook, by the part's name.</summary>
    public IReadOnlyDictionary<string, string> WorkbookQueries =>
        Workbook["items"]!.AsArray()
            .Where(item => (int)item!["type"]! == 3)
            .ToDictionary(item => (string)item!["name"]!, item => (string)item!["content"]!["query"]!, StringComparer.Ordinal);

    public override string ToString() => Single("Microsoft.Web/sites").Name();
}
