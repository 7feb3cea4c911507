using System.Text.RegularExpressions;
using TfeBackup.Infra.Tests.Bicep;

namespace TfeBackup.Infra.Tests.Monitoring;

[Collection(InfraTests.Name)]
public sealed partial class AlertTests(InfraFixture infra)
{
    [BicepFact]
    public async Task Every_alert_has_its_section_in_the_runbook_and_every_section_its_alert()
    {
        var deployment = await infra.ProductionAsync();
        var alerts = deployment.OfType("Microsoft.Insights/scheduledQueryRules").Concat(deployment.OfType("Microsoft.Insights/activityLogAlerts"))
            .Select(alert => alert.Name());
        var chapter = Repository.Read("infra", "README.md").Split("\n## ").Single(part => part.StartsWith("What each alert means", StringComparison.Ordinal));
        var sections = Section().Matches(chapter).Select(match => match.Groups[1].Value);

        Assert.Equal(alerts.Order(StringComparer.Ordinal), sections.Order(StringComparer.Ordinal));
    }

    [BicepFact]
    public async Task Silence_is_an_alert_because_the_query_brings_the_installations_along()
    {
        var query = (await infra.ProductionAsync()).AlertQueries["no-verified-backup"];

        Assert.StartsWith(
            """
            let Installations = datatable(Installation: string, Rpo: timespan, HasDrill: bool) [
                "engineering", time(1.06:00:00), False,
                "production", time(08:00:00), True,
                "research", time(1.06:00:00), False
            ];
            """,
            query,
            StringComparison.OrdinalIgnoreCase);
        // What the list has and the reports have not stays, and is not "ok".
        Assert.Contains("Installations\n| join kind=leftouter Reports on Installation", query, StringComparison.Ordinal);
        Assert.EndsWith("| where State != \"ok\"\n", query, StringComparison.Ordinal);
    }

    [BicepFact]
    public async Task Every_alert_tells_the_action_group_about_each_thing_by_itself()
    {
        var deployment = await infra.ProductionAsync();
        var group = deployment.Single("Microsoft.Insights/actionGroups").Id();
        var rules = deployment.OfType("Microsoft.Insights/scheduledQueryRules");

        Assert.All(rules, rule =>
        {
            Assert.Equal(group, (string?)Assert.Single(rule.Property("actions.actionGroups").AsArray()));
            Assert.True((bool)rule.Property("enabled"));
            var criterion = rule.Property("criteria.allOf")[0]!;
            Assert.NotEmpty(criterion["dimensions"]!.AsArray());
        });
    }

    [BicepFact]
    public async Task What_an_alert_is_split_by_is_a_column_of_its_query()
    {
        var deployment = await infra.ProductionAsync();
        var analyses = await infra.QueriesAsync();

        Assert.All(deployment.OfType("Microsoft.Insights/scheduledQueryRules"), rule =>
            Assert.Subset(
                analyses["alert " + rule.Name()].Columns.ToHashSet(),
                rule.Property("criteria.allOf")[0]!["dimensions"]!.AsArray().Select(dimension => (string)dimension!["name"]!).ToHashSet()));
    }

    [BicepFact]
    public async Task A_test_deployment_lists_what_it_backs_up_and_not_the_scratch_installation()
    {
        var query = (await infra.TestAsync()).AlertQueries["failed-or-overdue-drill"];

        Assert.Contains("\"sample\", time(12:00:00), True", query, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\"scratch\"", query, StringComparison.Ordinal);
    }

    [GeneratedRegex("^### ([a-z-]+)$", RegexOptions.Multiline)]
    private static partial Regex Section();
}
