using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations;

/// <summary>Registers the operations.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>Adds operations over the ports that the host adds.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="settings">Gets what operations take from the configuration.</param>
    public static IServiceCollection AddOperations(this IServiceCollection services, Func<IServiceProvider, OperationSettings> settings)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton(settings);
        services.TryAddSingleton<OperationTimings>();
        services.TryAddSingleton<IOperationProgress, HiddenProgress>();
        services.AddSingleton<OperationTelemetry>();
        services.AddSingleton<ActivityServices>();
        services.AddSingleton(provider => new Notifier(
            Settings(provider).Notifications, provider.GetRequiredService<ISecretSource>(), Notifier.CreateClient(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new BackupPings(
            provider.GetRequiredService<IInstallationProvider>(), provider.GetRequiredService<ISecretSource>(), Notifier.CreateClient(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OperationQueries>();
        services.AddSingleton<OperationService>();
        services.TryAddSingleton(RequestWords.CommandLine);
        services.AddSingleton<RestorePlanner>();
        services.AddSingleton(provider => new BackupScheduler(
            Settings(provider).Installations,
            provider.GetRequiredService<OperationService>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<BackupScheduler>>()));
        services.AddSingleton(provider => new InstallationMonitor(
            Settings(provider).Installations,
            provider.GetRequiredService<IBackupStore>(),
            provider.GetRequiredService<ISecretSource>(),
            provider.GetRequiredService<OperationTelemetry>(),
            provider.GetRequiredService<TimeProvider>(),
            new MonitorOptions { FurtherSecrets = Settings(provider).NotificationSecrets() }));
        services.AddSingleton(provider => new InstallationAssessor(
            Settings(provider).Installations,
            provider.GetRequiredService<IBackupStore>(),
            provider.GetRequiredService<OperationQueries>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new OperationHistory(
            provider.GetRequiredService<OperationQueries>(),
            Settings(provider).KeepFor,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<OperationHistory>>()));
        return services;
    }

    private static OperationSettings Settings(IServiceProvider provider) => provider.GetRequiredService<OperationSettings>();

    /// <summary>For hosts that show no progress: the operation's own events say how far it is.</summary>
    private sealed class HiddenProgress : IOperationProgress
    {
        public void Report(string operationId, ActivityProgress value)
        {
        }

        public void Clear(string operationId)
        {
        }
    }
}
