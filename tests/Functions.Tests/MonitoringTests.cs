using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using TfeBackup.Functions.Composition;
using TfeBackup.Infra.Tests.Monitoring;
using TfeBackup.Operations.Telemetry;
using TfeBackup.TestSupport;

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
        builder.Services.AddMonitoring(builder.Configuration);
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
    public async Task Nothing_is_sampled_away_not_even_where_the_host_s_own_trace_is()
    {
        var logger = _host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(TelemetryNames.EventCategory);
        using var source = new ActivitySource(TelemetryNames.ActivitySource);
        for (var number = 0; number < Many; number++)
        {
            var unsampled = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None, isRemote: true);
            using var span = source.StartActivity("Numbered", ActivityKind.Internal, unsampled);
            Numbered(logger, number);
        }

        var numbers = Enumerable.Range(0, Many).Select(number => number.ToString(CultureInfo.InvariantCulture)).ToHashSet();
        await ArrivesAsync(() => numbers.SetEquals(Events(TelemetryNames.TickSkipped).Select(found => (string)found["Number"]!)), "every event");
        await ArrivesAsync(() => Spans("Numbered").Select(span => (string)span["id"]!).Distinct().Count() == Many, "every span");
    }

    [Fact]
    public async Task An_operation_s_events_metrics_and_spans_arrive_and_no_secret_with_them()
    {
        // By another name than in the other tests, whose measurements arrive here as well: they go by the names of meter and source.
        const string Name = "monitored";
        var site = await ScriptedSite.CreateAsync(name: Name);
        await using var app = await FunctionsApp.StartAsync(site.Compose, _host.Services.GetRequiredService<ILoggerFactory>());
        using var backup = await app.Http.PostAsync($"/api/installations/{Name}/backups", null);
        var id = (string)(await backup.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        Assert.Null((await app.EndAsync(id)).Failure);
        using var missing = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "20200101T000000Z-00000000", from = Name });
        var missingId = (string)(await missing.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        Assert.NotNull((await app.EndAsync(missingId)).Failure);
        await ArrivesAsync(
            () => Events(TelemetryNames.BackupPublished).Any(found => (string?)found["Operation"] == id && (string?)found["Installation"] == Name), "the backup");
        await ArrivesAsync(() => Events(TelemetryNames.BackupVerified).Any(found => (string?)found["Operation"] == id), "its verification");
        await ArrivesAsync(
            () => Events(TelemetryNames.OperationFailed).Any(found => (string?)found["Operation"] == missingId && (string?)found["Error"] == "NotFound"),
            "the failed restore");
        await ArrivesAsync(() => Durations(Name).Any(), "how long it took");
        Assert.All(Durations(Name), duration => Assert.Equal(TelemetryNames.Ok, (string?)duration["properties"]![TelemetryNames.OutcomeDimension]));
        await ArrivesAsync(
            () => Spans("StreamBackup").Any(span => (string?)span["properties"]![TelemetryNames.OperationTag] == id && (bool)span["success"]!), "its span");

        string[] types = ["MessageData", "MetricData", "RemoteDependencyData", "RequestData", "ExceptionData", "EventData"];
        var sent = string.Join('\n', types.SelectMany(_endpoint.Data).Select(data => data.ToJsonString()));
        Assert.Contains(id, sent, StringComparison.Ordinal);
        Assert.DoesNotContain(ScriptedSite.Password, sent, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(ScriptedSite.Password)), sent, StringComparison.Ordinal);
        Assert.DoesNotContain("AccountKey", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_framework_s_request_logs_and_their_function_keys_are_not_exported()
    {
        var loggers = _host.Services.GetRequiredService<ILoggerFactory>();
        var framework = loggers.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics");
        RequestStarting(framework, "/api/operations?code=planted-key");
        FrameworkWarning(framework);
        await ArrivesAsync(
            () => _endpoint.Data("MessageData").Any(data => data.ToJsonString().Contains("A warning of the framework", StringComparison.Ordinal)), "the warning");

        Assert.DoesNotContain(_endpoint.Data("MessageData"), data => data.ToJsonString().Contains("planted-key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_invocation_s_lines_carry_the_id_by_which_the_portal_finds_them_and_are_not_sent_twice()
    {
        var loggers = _host.Services.GetRequiredService<ILoggerFactory>();
        await new InvocationScope(loggers.CreateLogger<InvocationScope>()).Invoke(new Invocation("an-invocation"), _ =>
        {
            Numbered(loggers.CreateLogger(TelemetryNames.EventCategory), 1);
            return Task.CompletedTask;
        });

        await ArrivesAsync(() => Events(TelemetryNames.TickSkipped).Any(found => (string?)found["InvocationId"] == "an-invocation"), "the line");
        // The host streams what the worker logs, and leaves it out of what it sends itself.
        Assert.Equal(bool.TrueString, _host.Services.GetRequiredService<IOptions<WorkerOptions>>().Value.Capabilities["WorkerApplicationInsightsLoggingEnabled"]);
    }

    [LoggerMessage(LogLevel.Information, "Request starting GET {Address}")]
    private static partial void RequestStarting(ILogger logger, string address);

    [LoggerMessage(LogLevel.Warning, "A warning of the framework")]
    private static partial void FrameworkWarning(ILogger logger);

    [LoggerMessage(TelemetryNames.TickSkippedId, LogLevel.Information, "Number {Number}.", EventName = TelemetryNames.TickSkipped)]
    private static partial void Numbered(ILogger logger, int number);

    private IEnumerable<JsonObject> Events(string name) =>
        _endpoint.Data("MessageData").Select(data => data["properties"]!.AsObject()).Where(properties => (string?)properties["EventName"] == name);

    private IEnumerable<JsonObject> Spans(string name) => _endpoint.Data("RemoteDependencyData").Where(span => (string?)span["name"] == name);

    private IEnumerable<JsonObject> Durations(string installation) =>
        _endpoint.Data("MetricData").Where(found =>
            (string?)found["metrics"]![0]!["name"] == TelemetryNames.BackupDuration
            && (string?)found["properties"]![TelemetryNames.InstallationDimension] == installation);

    /// <summary>Waits for what was sent; the exporter takes its time, and may have to try again.</summary>
    private Task ArrivesAsync(Func<bool> isThere, string what) => WaitFor.ConditionAsync(
        () =>
        {
            if (isThere())
            {
                return true;
            }

            _host.Services.GetRequiredService<TracerProvider>().ForceFlush();
            _host.Services.GetRequiredService<MeterProvider>().ForceFlush();
            _host.Services.GetRequiredService<LoggerProvider>().ForceFlush();
            return isThere();
        },
        $"{what} to arrive",
        FunctionsApp.Deadline);

    private sealed class Invocation(string id) : FunctionContext
    {
        public override string InvocationId => id;

        public override string FunctionId => throw new NotSupportedException();

        public override TraceContext TraceContext => throw new NotSupportedException();

        public override BindingContext BindingContext => throw new NotSupportedException();

        public override RetryContext RetryContext => throw new NotSupportedException();

        public override IServiceProvider InstanceServices { get; set; } = null!;

        public override FunctionDefinition FunctionDefinition => throw new NotSupportedException();

        public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

        public override IInvocationFeatures Features => throw new NotSupportedException();
    }
}
