using TfeBackup.Infra.Tests.Bicep;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Infra.Tests.Monitoring;

/// <summary>Queries as they are deployed, in alerts and the workbook, against what the code emits.</summary>
[Collection(InfraTests.Name)]
public sealed class QueryTests(InfraFixture infra)
{
    /// <summary>What no query asks for, and why.</summary>
    private static readonly Dictionary<string, string> Unused = new(StringComparer.Ordinal)
    {
        ["BackupVerified"] = "the state of an installation already has the newest of them, and the counter tfe_backup.verification all",
    };

    [BicepFact]
    public async Task Every_query_parses_against_the_tables_it_reads()
    {
        var analyses = await infra.QueriesAsync();

        Assert.NotEmpty(analyses);
        Assert.Empty(analyses.SelectMany(query => query.Value.Faults.Select(fault => $"{query.Key}: {fault}")));
        Assert.All(analyses, query => Assert.NotEmpty(query.Value.Tables));
    }

    [Fact]
    public async Task Mistakes_in_a_query_are_found()
    {
        var analyses = await QueryAnalysis.OfAsync(new Dictionary<string, string>
        {
            ["syntax"] = "AppTraces | where",
            ["table"] = "AppTrace | count",
            ["column"] = "AppMetrics | summarize max(Maximum) by Name",
            ["function"] = "AppTraces | extend Age = nou() - TimeGenerated",
            ["property"] = "AppTraces | where Properties[\"EventName\"] == \"x\"",
            ["right"] = "AppTraces | where Properties.EventName == \"x\" | count",
        });

        Assert.All(analyses.Where(query => query.Key != "right"), query => Assert.NotEmpty(query.Value.Faults));
        Assert.Empty(analyses["right"].Faults);
    }

    [BicepFact]
    public async Task Every_metric_and_dimension_that_a_query_names_is_emitted()
    {
        foreach (var (name, query) in await AnalysesAsync("AppMetrics"))
        {
            var metrics = query.ComparedWith("Name");
            Assert.True(metrics.Count > 0, $"{name} reads AppMetrics and names no metric.");
            var known = metrics.Select(metric => TelemetryCatalog.Instruments.SingleOrDefault(instrument => instrument.Name == metric)
                ?? throw new InvalidOperationException($"{name}: no metric {metric} is emitted.")).ToArray();
            if (!query.Tables.Contains("AppTraces"))
            {
                Assert.All(query.Properties, property =>
                    Assert.True(
                        known.All(instrument => instrument.Dimensions.Contains(property)),
                        $"{name}: {property} is not a dimension of each of {string.Join(", ", metrics)}."));
            }
        }
    }

    [BicepFact]
    public async Task Every_event_and_field_that_a_query_names_is_emitted()
    {
        foreach (var (name, query) in await AnalysesAsync("AppTraces"))
        {
            var events = query.ComparedWith("Properties.EventName");
            Assert.True(events.Count > 0, $"{name} reads AppTraces and names no event.");
            var emitted = events.Select(found => TelemetryCatalog.Events.SingleOrDefault(known => known.Name == found)
                ?? throw new InvalidOperationException($"{name}: no event {found} is emitted.")).ToArray();
            var fields = emitted.SelectMany(known => known.Fields)
                .Concat(query.ComparedWith("Name").SelectMany(metric => TelemetryCatalog.Instruments.Single(known => known.Name == metric).Dimensions))
                .Append("EventName").ToHashSet(StringComparer.Ordinal);
            Assert.All(query.Properties, property => Assert.True(
                fields.Contains(property), $"{name}: none of {string.Join(", ", events)} has a field {property}."));
        }
    }

    [BicepFact]
    public async Task Every_outcome_and_error_that_a_query_compares_with_is_one_there_is()
    {
        string[] outcomes = [TelemetryNames.Ok, TelemetryNames.Failed, TelemetryNames.Cancelled];
        var analyses = await infra.QueriesAsync();

        Assert.All(analyses, query =>
        {
            Assert.Subset(outcomes.ToHashSet(), query.Value.ComparedWith("Properties.outcome").Concat(query.Value.ComparedWith("Outcome")).ToHashSet());
            Assert.Subset(
                Enum.GetNames<OperationError>().ToHashSet(), query.Value.ComparedWith("tostring(Properties.Error)").ToHashSet());
        });
        Assert.Contains(analyses, query => query.Value.ComparedWith("tostring(Properties.Error)").Count > 0);
    }

    [BicepFact]
    public async Task Everything_that_is_emitted_is_asked_for_somewhere_or_left_out_for_a_reason()
    {
        var analyses = (await infra.QueriesAsync()).Values;
        var used = analyses.SelectMany(query => query.ComparedWith("Name").Concat(query.ComparedWith("Properties.EventName"))).ToHashSet();
        var emitted = TelemetryCatalog.Instruments.Select(instrument => instrument.Name).Concat(TelemetryCatalog.Events.Select(known => known.Name));

        Assert.Equal(Unused.Keys.Order(StringComparer.Ordinal), emitted.Except(used).Order(StringComparer.Ordinal));
    }

    [BicepFact]
    public async Task Every_query_file_is_used()
    {
        var deployment = await infra.ProductionAsync();
        var queries = deployment.AlertQueries.Values.Concat(deployment.WorkbookQueries.Values).ToArray();

        Assert.All(Directory.GetFiles(Repository.Combine("infra", "monitoring", "queries"), "*.kql"), path =>
            Assert.Contains(queries, query => query.Contains(File.ReadAllText(path).TrimEnd(), StringComparison.Ordinal)));
    }

    private async Task<IEnumerable<KeyValuePair<string, QueryAnalysis>>> AnalysesAsync(string table)
    {
        var analyses = (await infra.QueriesAsync()).Where(query => query.Value.Tables.Contains(table)).ToArray();
        Assert.NotEmpty(analyses);
        return analyses;
    }
}
