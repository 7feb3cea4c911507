using System.Text.Json.Nodes;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Infra.Tests.Monitoring;

/// <summary>
/// How what the code emits arrives: the real telemetry through the real exporter, over HTTP. Application Insights puts <c>MessageData</c> into
/// AppTraces and <c>MetricData</c> into AppMetrics, where <c>value</c> is the column Sum, <c>count</c> is ItemCount, <c>min</c> and <c>max</c> are Min and Max.
/// </summary>
public sealed class ExporterTests : IAsyncLifetime
{
    private IngestionEndpoint _endpoint = null!;
    private ServiceProvider _services = null!;
    private OperationTelemetry _telemetry = null!;

    public async Task InitializeAsync()
    {
        TelemetryEnvironment.Silence();
        _endpoint = await IngestionEndpoint.StartAsync();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddOpenTelemetry()
            .WithLogging(logs => logs.AddAzureMonitorLogExporter(Configure))
            .WithMetrics(metrics => metrics.AddMeter(TelemetryNames.Meter).AddAzureMonitorMetricExporter(Configure));
        _services = services.BuildServiceProvider();
        _ = _services.GetRequiredService<MeterProvider>();
        _telemetry = new OperationTelemetry(_services.GetRequiredService<ILoggerFactory>());

        void Configure(AzureMonitorExporterOptions options)
        {
            options.ConnectionString = _endpoint.ConnectionString;
            options.DisableOfflineStorage = true;
        }
    }

    public async Task DisposeAsync()
    {
        _telemetry.Dispose();
        await _services.DisposeAsync();
        await _endpoint.DisposeAsync();
    }

    [Fact]
    public void An_event_arrives_with_its_name_and_its_fields_as_texts()
    {
        _telemetry.Events.OperationFailed(OperationKind.Restore, "restore-1", "b1", "production", 12.5, OperationError.Corrupt, "Entry 7 is not what was written.");
        Flush();

        var message = Assert.Single(_endpoint.Data("MessageData"));
        var properties = message["properties"]!.AsObject().ToDictionary(pair => pair.Key, pair => (string)pair.Value!, StringComparer.Ordinal);
        Assert.Equal(TelemetryNames.OperationFailed, properties["EventName"]);
        var known = TelemetryCatalog.Events.Single(found => found.Name == TelemetryNames.OperationFailed);
        Assert.Subset(properties.Keys.ToHashSet(), known.Fields.ToHashSet());
        Assert.Equal("Corrupt", properties["Error"]);
        Assert.Equal("Restore", properties["Kind"]);
        Assert.Equal("12.5", properties["DurationSeconds"]);
        Assert.Equal("Error", (string?)message["severityLevel"]);
    }

    [Fact]
    public void A_histogram_arrives_as_sum_count_least_and_most_since_the_last_time()
    {
        var tags = new KeyValuePair<string, object?>(TelemetryNames.InstallationDimension, "production");
        _telemetry.SourceDuration.Record(40, tags);
        _telemetry.SourceDuration.Record(60, tags);
        Flush();
        _telemetry.SourceDuration.Record(7, tags);
        Flush();

        Assert.Equal(["100 2 40 60", "7 1 7 7"], Points(TelemetryNames.SourceDuration).Select(point => $"{point["value"]} {point["count"]} {point["min"]} {point["max"]}"));
        Assert.All(_endpoint.Data("MetricData").Where(data => (string?)data["metrics"]![0]!["name"] == TelemetryNames.SourceDuration), data =>
            Assert.Equal("production", (string?)data["properties"]![TelemetryNames.InstallationDimension]));
    }

    [Fact]
    public void A_counter_arrives_as_what_was_added_since_the_last_time()
    {
        _telemetry.Verification.Add(1);
        _telemetry.Verification.Add(1);
        Flush();
        _telemetry.Verification.Add(1);
        Flush();

        Assert.Equal(["2", "1"], Points(TelemetryNames.Verification).Select(point => point["value"]!.ToString()));
    }

    [Fact]
    public void A_gauge_arrives_as_its_value_and_only_when_it_was_recorded()
    {
        _telemetry.AgeOfLastVerified.Record(3600);
        Flush();
        _telemetry.Verification.Add(1);
        Flush();

        var point = Assert.Single(Points(TelemetryNames.AgeOfLastVerified));
        Assert.Equal("3600", point["value"]!.ToString());
        Assert.Null(point["count"]);
    }

    private JsonObject[] Points(string metric) =>
        [.. _endpoint.Data("MetricData").Select(data => data["metrics"]![0]!.AsObject()).Where(point => (string?)point["name"] == metric)];

    private void Flush()
    {
        _services.GetRequiredService<MeterProvider>().ForceFlush();
        _services.GetRequiredService<LoggerProvider>().ForceFlush();
    }
}
