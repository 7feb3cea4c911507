using Microsoft.Extensions.Logging;
using TfeBackup.Cli.Commands;
using TfeBackup.Cli.Configuration;
using TfeBackup.Local.Runtime;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Cli.Operations;

/// <summary>This machine's host of operations: its journal, and workers over what the configuration names.</summary>
internal sealed class OperationHost : IDisposable
{
    private readonly Journal _journal;
    private readonly LocalOperationClaims _claims;
    private readonly TimeProvider _time;

    private OperationHost(BackupConfiguration configuration, string journalPath, TimeProvider time)
    {
        _time = time;
        Configuration = configuration;
        _journal = Journal.Open(journalPath, time);
        _claims = new LocalOperationClaims(_journal);
        Client = new LocalWorkflowClient(_journal);
        Service = new OperationService(Client, _claims, time);
    }

    /// <summary>The configuration.</summary>
    public BackupConfiguration Configuration { get; }

    /// <summary>Queries operations, and keeps the journal small.</summary>
    public LocalWorkflowClient Client { get; }

    /// <summary>Starts operations, and tells them things.</summary>
    public OperationService Service { get; }

    /// <summary>Where locks on operations lie.</summary>
    public string LockFolder => _journal.Path + "-operations";

    /// <summary>Reads the configuration and opens the journal.</summary>
    public static OperationHost Open(CommandContext context)
    {
        var configuration = context.LoadConfiguration();
        return new OperationHost(configuration, ConfigurationFile.JournalPath(configuration, context.ConfigPath), context.Time);
    }

    /// <summary>Works on operations until told to stop.</summary>
    /// <param name="operationId">The only one to work on; null for all.</param>
    /// <param name="loggers">Told of everything that happens.</param>
    /// <param name="stopping">Ends the work; what was under way is left for the next worker.</param>
    public async Task RunWorkerAsync(string? operationId, ILoggerFactory loggers, CancellationToken stopping)
    {
        using var telemetry = new WorkflowTelemetry(loggers);
        await RunWorkerAsync(operationId, telemetry, loggers, stopping);
    }

    /// <inheritdoc cref="RunWorkerAsync(string?, ILoggerFactory, CancellationToken)"/>
    public async Task RunWorkerAsync(string? operationId, WorkflowTelemetry telemetry, ILoggerFactory loggers, CancellationToken stopping)
    {
        var patience = Patience.FromEnvironment();
        var secrets = Composition.CreateSecretSource(Configuration);
        using var vaults = new HttpClient();
        var clients = new InstallationClients(
            secrets, Composition.CreateInstallationFactory(vaults, loggers), patience.Installations, loggers, _time);
        var activities = WorkflowCatalog.CreateActivities(
            new ConfiguredInstallations(Configuration, clients, installation => Composition.CreateControl(installation, secrets)),
            Composition.CreateStore(Configuration),
            secrets,
            _claims,
            patience.Operations,
            _time,
            telemetry,
            Configuration.Notifications);
        var worker = new LocalWorkflowWorker(
            _journal,
            WorkflowCatalog.Orchestrations,
            activities,
            new LocalWorkerOptions { Operation = operationId },
            loggers.CreateLogger<LocalWorkflowWorker>());
        await worker.RunAsync(stopping);
    }

    /// <summary>Watches over the backups of all installations.</summary>
    public InstallationMonitor CreateMonitor(WorkflowTelemetry telemetry) => new(
        [.. Configuration.Installations.Values], Composition.CreateStore(Configuration), Composition.CreateSecretSource(Configuration), telemetry, _time,
        new MonitorOptions { FurtherSecrets = Configuration.NotificationSecrets() });

    /// <summary>An operation.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>.</exception>
    public async Task<WorkflowInstance> GetAsync(string id, CancellationToken cancellationToken) =>
        await Client.FindAsync(id, cancellationToken)
            ?? throw new WorkflowException(WorkflowError.NotFound, $"There is no operation '{id}'; 'tfe-backup operations' shows those there are.");

    public void Dispose() => _journal.Dispose();
}
