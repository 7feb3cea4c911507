using System.Reflection;
using Npgsql;
using TfeBackup.Engine;
using TfeBackup.Engine.Settings;
using TfeBackup.Server.Api;
using TfeBackup.Server.Application;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Dashboard;

/// <summary>What the settings page shows of the installation, asked of its parts at once.</summary>
internal sealed class SettingsOverview(
    Installation installation, ServiceSettings settings, HealthEndpoint health, ApplicationSupervisor? supervisor = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>This service's version.</summary>
    public static string Version { get; } =
        typeof(SettingsOverview).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The product's name for where objects are.</summary>
    public string Mode => settings.Installation.ObjectStore.Kind == ObjectStoreKind.Directory ? "Mounted Disk" : "External Services (Azure Blob)";

    public HealthReport Health { get; private set; } = null!;

    /// <summary>Null where the application is not this service's to control.</summary>
    public ApplicationReport? Application { get; private set; }

    /// <summary>Null where the database does not say.</summary>
    public InstallationCoverage? Coverage { get; private set; }

    /// <summary>Why the database does not say.</summary>
    public string? CoverageFailure { get; private set; }

    public Task LoadAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(LoadHealthAsync(cancellationToken), LoadCoverageAsync(cancellationToken), LoadApplicationAsync(cancellationToken));

    public async Task LoadApplicationAsync(CancellationToken cancellationToken)
    {
        if (supervisor is null)
        {
            return;
        }

        using var ending = Limit(cancellationToken);
        try
        {
            Application = await supervisor.GetReportAsync(ending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Application = supervisor.Report("unknown", $"Its status command did not answer within {Patience.TotalSeconds:F0} s.", error: null);
        }
    }

    private async Task LoadHealthAsync(CancellationToken cancellationToken) => Health = await health.ReportAsync(withContent: true, cancellationToken);

    private async Task LoadCoverageAsync(CancellationToken cancellationToken)
    {
        using var ending = Limit(cancellationToken);
        try
        {
            Coverage = await InstallationCoverage.ReadAsync(installation, ending.Token);
        }
        catch (Exception e) when (e is EngineException or NpgsqlException)
        {
            CoverageFailure = e is EngineException ? e.Message : "The database does not answer.";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            CoverageFailure = $"The database did not answer within {Patience.TotalSeconds:F0} s.";
        }
    }

    private static CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(Patience);
        return ending;
    }
}
