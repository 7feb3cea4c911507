using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using TfeBackup.Functions.Composition;
using TfeBackup.Infra.Tests.Monitoring;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Functions.Tests;

/// <summary>What the app sends to Azure Monitor, composed as it ships, over HTTP.</summary>
public sealed partial class MonitoringTests : IAsyncLifetime
{
    private const int Many = 100;

    private IngestionEndpoint _endpoint = null!;
    private IHost _host = null!;

    public async Task InitializeAsync()
    {
        TelemetryEnvironment.Silence();
        _endpoint = await IngestionEndpoint.StartAsync();
        var address = _endpoint.ConnectionString.Split("IngestionEndpoint=")[1];
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] = $"{_endpoint.ConnectionString};LiveEndpoint={address}";
        builder.Services.AddMonitoring(builder.Configuration).AddSingleton<WorkflowTelemetry>();
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _endpoint.DisposeAsync();
    }

    [Fact]
    public void Nothing_is_sampled_away_not_even_where_the_host_s_own_trace_is()
    {
        var logger = _host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(TelemetryNames.EventCategory);
        using var source = new ActivitySource(TelemetryNames.ActivitySource);
        for (var number = 0; number < Many; number++)
        {
            var unsampled = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None, isRemote: true);
            using var span = source.StartActivity("Numbered", ActivityKind.Internal, unsampled);
            Numbered(logger, number);
        }

        Flush();

        var numbers = Enumerable.Range(0, Many).Select(number => number.ToString(CultureInfo.InvariantCulture)).ToHashSet();
        Assert.Equal(numbers, Events(TelemetryNames.TickSkipped).Select(found => (string)found["Number"]!).ToHashSet());
        Assert.Equal(Many, _endpoint.Data("RemoteDependencyData").Count(span => (string?)span["name"] == "Numbered"));
    }

    [Fact]
    public async Task An_operation_s_events_metrics_and_spans_arrive_and_no_secret_with_them()
    {
        var site = await ScriptedSite.CreateAsync();
        var telemetry = _host.Services.GetRequiredService<WorkflowTelemetry>();
        await using var app = await FunctionsApp.StartAsync(clients => site.ComposeWith(clients, telemetry), _host.Services.GetRequiredService<ILoggerFactory>());
        using var backup = await app.Http.PostAsync("/api/installations/old/backups", null);
        var id = (string)(await backup.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        Assert.Null((await app.EndAsync(id)).Failure);
        using var missing = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "20200101T000000Z-00000000", from = "old" });
        var missingId = (string)(await missing.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        Assert.NotNull((await app.EndAsync(missingId)).Failure);
        Flush();

        Assert.Contains(Events(TelemetryNames.BackupPublished), found => (string?)found["Operation"] == id && (string?)found["Installation"] == "old");
        Assert.Contains(Events(TelemetryNames.BackupVerified), found => (string?)found["Operation"] == id);
        Assert.Contains(Events(TelemetryNames.OperationFailed), found => (string?)found["Operation"] == missingId && (string?)found["Error"] == "NotFound");
        var duration = Assert.Single(
            _endpoint.Data("MetricData"), found => (string?)found["metrics"]![0]!["name"] == TelemetryNames.BackupDuration && (string?)found["properties"]![TelemetryNames.InstallationDimension] == "old");
        Assert.Equal(TelemetryNames.Ok, (string?)duration["properties"]![TelemetryNames.OutcomeDimension]);
        Assert.Contains(
            _endpoint.Data("RemoteDependencyData"),
            span => (string?)span["name"] == "StreamBackup" && (string?)span["properties"]![TelemetryNames.OperationTag] == id && (bool)span["success"]!);

        string[] types = ["MessageData", "MetricData", "RemoteDependencyData", "RequestData", "ExceptionData", "EventData"];
        var sent = string.Join('\n', types.SelectMany(_endpoint.Data).Select(data => data.ToJsonString()));
        Assert.Contains(id, sent, StringComparison.Ordinal);
        Assert.DoesNotContain(ScriptedSite.Password, sent, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(ScriptedSite.Password)), sent, StringComparison.Ordinal);
        Assert.DoesNotContain("AccountKey", sent, StringComparison.Ordinal);
    }

    [LoggerMessage(TelemetryNames.TickSkippedId, LogLevel.Information, "Number {Number}.", EventName = TelemetryNames.TickSkipped)]
    private static partial void Numbered(ILogger logger, int number);

    private IEnumerable<JsonObject> Events(string name) =>
        _endpoint.Data("MessageData").Select(data => data["properties"]!.AsObject()).Where(properties => (string?)properties["EventName"] == name);

    private void Flush()
    {
        _host.Services.GetRequiredService<TracerProvider>().ForceFlush();
        _host.Services.GetRequiredService<MeterProvider>().ForceFlush();
        _host.Services.GetRequiredService<LoggerProvider>().ForceFlush();
    }
}
