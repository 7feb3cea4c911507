using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Installations;
using TfeBackup.Operations;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Hosting;

/// <summary>The one composition of every host.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Adds everything that operations need, as the configuration names it. The host adds the rest: an engine for Durable Task with its
    /// <c>IDurableTaskClientProvider</c>, and <see cref="IOperationClaims"/>; <see cref="IOperationProgress"/> where it shows some.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">Reads the configuration, once, on first use.</param>
    public static IServiceCollection AddTfeBackup(this IServiceCollection services, Func<IServiceProvider, BackupConfiguration> configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new Composition(time: provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => provider.GetRequiredService<Composition>().CreateSecretSource(Document(provider).Secrets));
        services.AddSingleton(provider => provider.GetRequiredService<Composition>().CreateStore(Document(provider).Store));
        services.AddSingleton(CreateClients);
        services.AddSingleton<IInstallationProvider>(provider => new ConfiguredInstallations(
            Document(provider),
            provider.GetRequiredService<InstallationClients>(),
            installation => provider.GetRequiredService<Composition>().CreateControl(
                installation, provider.GetRequiredService<InstallationClients>(), provider.GetRequiredService<ISecretSource>())));
        services.AddSingleton(provider => Document(provider).Operations.Timings);
        services.AddOperations(provider => new OperationSettings
        {
            Installations = Document(provider).Definitions,
            Notifications = Document(provider).Notifications,
            KeepFor = Document(provider).Operations.KeepFor,
        });
        return services;
    }

    private static BackupConfiguration Document(IServiceProvider provider) => provider.GetRequiredService<BackupConfiguration>();

    private static InstallationClients CreateClients(IServiceProvider provider)
    {
        var loggers = provider.GetRequiredService<ILoggerFactory>();
        return new InstallationClients(
            provider.GetRequiredService<ISecretSource>(),
            provider.GetRequiredService<Composition>().CreateInstallationFactory(loggers),
            Document(provider).Operations.Api,
            loggers,
            provider.GetRequiredService<TimeProvider>());
    }
}
