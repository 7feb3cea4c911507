using Azure.Core.Serialization;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;
using TfeBackup.Functions.Durable;
using TfeBackup.Functions.Http;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Functions.Composition;

/// <summary>What the functions are made of.</summary>
internal static class AppServices
{
    private const string MonitorSetting = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    // "Authorization=AAD", with "ClientId=…" for a user-assigned identity: the connection string alone does not let anybody in.
    private const string AuthenticationSetting = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    /// <summary>Adds everything the functions need.</summary>
    public static IServiceCollection AddBackupApp(this IServiceCollection services)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<DurableClients>();
        services.AddSingleton<DurableActivityRunner>();
        services.AddSingleton<ApiCalls>();
        services.AddSingleton<WorkflowTelemetry>();
        services.AddSingleton(provider => BackupApp.Create(
            provider.GetRequiredService<IConfiguration>(),
            provider.GetRequiredService<DurableClients>(),
            provider.GetRequiredService<WorkflowTelemetry>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.Configure<WorkerOptions>(options => options.Serializer = new JsonObjectSerializer(Payloads.Options));
        return services;
    }

    /// <summary>
    /// Sends traces, metrics and logs to Azure Monitor where the platform has set it up. Nothing is sampled away here: an alert on a backup that is
    /// missing must not depend on luck.
    /// </summary>
    public static IServiceCollection AddMonitoring(this IServiceCollection services, IConfiguration settings)
    {
        var telemetry = services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(traces => traces.AddSource(TelemetryNames.ActivitySource).SetSampler(new AlwaysOnSampler()))
            .WithMetrics(metrics => metrics.AddMeter(TelemetryNames.Meter));
        if (!string.IsNullOrEmpty(settings[MonitorSetting]))
        {
            telemetry.UseAzureMonitorExporter(options =>
            {
                options.ConnectionString = settings[MonitorSetting];

                // By default it keeps some traces a second, and of the logs those of kept traces.
                options.TracesPerSecond = null;
                options.SamplingRatio = 1;
                options.EnableTraceBasedLogsSampler = false;
                options.Credential = ReadCredential(settings[AuthenticationSetting]);
            });
        }

        return services;
    }

    private static DefaultAzureCredential? ReadCredential(string? authentication)
    {
        var parts = (authentication ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(part => part.Split('=', 2))
            .Where(part => part.Length == 2)
            .ToDictionary(part => part[0], part => part[1], StringComparer.OrdinalIgnoreCase);
        return parts.TryGetValue("Authorization", out var kind) && string.Equals(kind, "AAD", StringComparison.OrdinalIgnoreCase)
            ? new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = parts.GetValueOrDefault("ClientId") })
            : null;
    }
}
