using TfeBackup.Infra.Tests.Bicep;

namespace TfeBackup.Infra.Tests.Monitoring;

[Collection(InfraTests.Name)]
public sealed class WorkbookTests(InfraFixture infra)
{
    [BicepFact]
    public async Task Every_part_has_its_query_and_nothing_is_left_to_fill_in()
    {
        var deployment = await infra.ProductionAsync();

        Assert.All(deployment.WorkbookQueries.Values, query => Assert.DoesNotContain(".kql", query, StringComparison.Ordinal));
        Assert.DoesNotContain("@storage-account", deployment.Workbook.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("/providers/Microsoft.Storage/storageAccounts/tfebackupbkp", deployment.Workbook.ToJsonString(), StringComparison.Ordinal);
    }

    [BicepFact]
    public async Task Columns_that_are_formatted_or_drawn_are_columns_of_the_query()
    {
        var deployment = await infra.ProductionAsync();
        var analyses = await infra.QueriesAsync();
        var parts = deployment.Workbook["items"]!.AsArray().Where(item => (int)item!["type"]! == 3).ToArray();

        Assert.NotEmpty(parts);
        Assert.All(parts, part =>
        {
            var content = part!["content"]!;
            var named = (content["gridSettings"]?["formatters"]?.AsArray() ?? []).Select(formatter => (string)formatter!["columnMatch"]!)
                .Concat((content["chartSettings"]?["yAxis"]?.AsArray() ?? []).Select(axis => (string)axis!))
                .Append((string?)content["chartSettings"]?["xAxis"])
                .Append((string?)content["chartSettings"]?["group"]);
            Assert.Subset(analyses["workbook " + (string)part["name"]!].Columns.ToHashSet(), named.OfType<string>().ToHashSet());
        });
    }
}
