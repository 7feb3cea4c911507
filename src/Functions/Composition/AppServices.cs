using Azure.Core.Serialization;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;
using TfeBackup.Azure.Claims;
using TfeBackup.Functions.Http;
using TfeBackup.Functions.Triggers;
using TfeBackup.Hosting;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Functions.Composition;

/// <summary>Registers the services of the functions.</summary>
internal static class AppServices
{
    private const string MonitorSetting = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    // "Authorization=AAD", with "ClientId=…" for a user-assigned identity.
    private const string AuthenticationSetting = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    /// <summary>Adds everything the functions need.</summary>
    public static IServiceCollection AddBackupApp(this IServiceCollection services)
    {
        services.AddTfeBackup(provider => BackupConfiguration.Read(
            provider.GetRequiredService<IConfiguration>(), "app settings", AppContext.BaseDirectory));
        services.AddSingleton<IOperationClaims>(provider => new BlobOperationClaims(
            HostStorage.OpenClaims(provider.GetRequiredService<IConfiguration>()),
            provider.GetRequiredService<OperationQueries>().IsRunningAsync,
            provider.GetRequiredService<TimeProvider>()));
        return services.AddFunctions();
    }

    /// <summary>Adds what the functions need beside operations and their ports.</summary>
    public static IServiceCollection AddFunctions(this IServiceCollection services)
    {
        services.AddSingleton<DurableClients>();
        services.AddSingleton<IDurableTaskClientProvider>(provider => provider.GetRequiredService<DurableClients>());
        services.AddSingleton<ActivityFunction>();
        services.AddSingleton<ApiCalls>();
        services.AddSingleton<AppFaults>();
        services.AddSingleton(RequestWords.Http);
        services.Configure<WorkerOptions>(options => options.Serializer = new JsonObjectSerializer(HistoryJson.Options));

        // Orchestration inputs are read with these options, whatever the serializer.
        services.AddSingleton(Options.Create(HistoryJson.Options));
        return services;
    }

    /// <summary>
    /// Sends traces, metrics and logs to Azure Monitor where the platform has set it up. Nothing is sampled: an alert on a missing backup must not
    /// depend on luck. The host keeps the Application Insights SDK: only that fills the portal's invocations for timer and Durable triggers.
    /// </summary>
    public static IServiceCollection AddMonitoring(this IServiceCollection services, IConfiguration settings)
    {
        // ASP.NET Core logs request URLs, which may contain a function key (?code=…).
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning));
        var telemetry = services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(traces => traces.AddSource(TelemetryNames.ActivitySource).SetSampler(new AlwaysOnSampler()))
            .WithMetrics(metrics => metrics.AddMeter(TelemetryNames.Meter));
        if (!string.IsNullOrEmpty(settings[MonitorSetting]))
        {
            // The host streams this app's logs but does not export them: the worker does, with their properties.
            services.Configure<WorkerOptions>(options => options.Capabilities["WorkerApplicationInsightsLoggingEnabled"] = bool.TrueString);

            // The portal finds an invocation's logs by the id in their scope.
            services.Configure<OpenTelemetryLoggerOptions>(options => options.IncludeScopes = true);
            telemetry.UseAzureMonitorExporter(options =>
            {
                options.ConnectionString = settings[MonitorSetting];

                // By default traces are rate-limited, and logs are dropped with their traces.
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
