using System.Collections.Frozen;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using TfeBackup.Functions.Durable;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Scheduling;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Functions.Composition;

/// <summary>
/// The app as its settings make it. Settings that make none do not keep it from starting: it then says what is wrong with them, at start, in
/// <c>/api/health</c> and to everybody who asks for an operation.
/// </summary>
internal sealed partial class BackupApp
{
    private readonly DurableClients _clients;
    private readonly AppParts? _parts;
    private readonly InstallationMonitor? _monitor;
    private readonly OperationHistory? _history;
    private readonly FrozenDictionary<string, IActivity> _activities = FrozenDictionary<string, IActivity>.Empty;

    /// <summary>An app of given parts.</summary>
    public BackupApp(AppParts parts, DurableClients clients)
    {
        _clients = clients;
        _parts = parts;
        _activities = WorkflowCatalog.CreateActivities(
                parts.Installations, parts.Store, parts.Secrets, parts.Claims, parts.Timings, parts.Time, parts.Telemetry,
                parts.Configuration.Notifications)
            .ToFrozenDictionary(activity => activity.Name, StringComparer.Ordinal);
        _monitor = new InstallationMonitor(
            [.. parts.Configuration.Installations.Values], parts.Store, parts.Secrets, parts.Telemetry, parts.Time,
            new MonitorOptions { FurtherSecrets = parts.Configuration.NotificationSecrets() });
        _history = new OperationHistory(parts.Configuration.Operations.KeepFor, parts.Time, parts.Loggers.CreateLogger<OperationHistory>());
    }

    private BackupApp(IReadOnlyList<string> faults, DurableClients clients)
    {
        _clients = clients;
        Faults = faults;
    }

    /// <summary>What is wrong with the settings, a line each; empty where nothing is.</summary>
    public IReadOnlyList<string> Faults { get; } = [];

    /// <summary>The activities, by the names that histories hold.</summary>
    public IReadOnlyCollection<string> ActivityNames => _activities.Keys;

    /// <summary>What it works with.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>, naming each fault.</exception>
    public AppParts Parts =>
        _parts ?? throw Invalid();

    /// <summary>Reads the app's settings.</summary>
    public static BackupApp Create(
        IConfiguration settings, DurableClients clients, WorkflowTelemetry telemetry, TimeProvider time, ILoggerFactory loggers)
    {
        try
        {
            return new BackupApp(AppComposition.Compose(settings, clients, telemetry, time, loggers), clients);
        }
        catch (WorkflowException e) when (e.Error == WorkflowError.InvalidConfiguration)
        {
            var faults = e.Message.Split('\n');
            var logger = loggers.CreateLogger<BackupApp>();
            foreach (var fault in faults)
            {
                Faulty(logger, fault);
            }

            return new BackupApp(faults, clients);
        }
    }

    /// <summary>An activity by name.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>, naming each fault.</exception>
    public IActivity GetActivity(string name, DurableTaskClient client)
    {
        _clients.Remember(client);
        return _parts is null ? throw new RecordedFailureException(WorkflowFailure.From(Invalid())) : _activities[name];
    }

    /// <summary>Starts operations, tells them things, and reads what came of them.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>, naming each fault.</exception>
    public OperationService CreateOperations(DurableTaskClient client)
    {
        _clients.Remember(client);
        return new OperationService(new DurableWorkflowClient(client), Parts.Claims, Parts.Time);
    }

    /// <summary>Watches over the backups of all installations.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>, naming each fault.</exception>
    public InstallationMonitor Monitor => _monitor ?? throw Invalid();

    /// <summary>Forgets operations that ended long ago.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>, naming each fault.</exception>
    public OperationHistory History => _history ?? throw Invalid();

    /// <summary>Starts what is due.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>, naming each fault.</exception>
    public BackupScheduler CreateScheduler(DurableTaskClient client) =>
        new([.. Parts.Configuration.Installations.Values], CreateOperations(client), Parts.Time, Parts.Loggers.CreateLogger<BackupScheduler>());

    private WorkflowException Invalid() => new(WorkflowError.InvalidConfiguration, string.Join('\n', Faults));

    [LoggerMessage(2203, LogLevel.Critical, "The app's settings are wrong: {Fault}")]
    private static partial void Faulty(ILogger logger, string fault);
}
