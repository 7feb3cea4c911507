using System.Text.Json;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Drills;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows.Operations;

/// <summary>
/// What operators do, in any host: start operations, tell them things, read what came of them. Starting refuses at once where another operation
/// holds the installation; the operation itself claims it once more, since two may be started in the same moment.
/// </summary>
public sealed class OperationService(IWorkflowClient client, IOperationClaims claims, TimeProvider time)
{
    /// <summary>Starts a backup.</summary>
    /// <returns>The operation's id.</returns>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.Busy"/>, naming the operation in the way.</exception>
    public Task<string> StartBackupAsync(string installation, CancellationToken cancellationToken) =>
        StartAsync(
            OperationKind.Backup, BackupOrchestration.OrchestrationName, installation, exclusive: true,
            JsonSerializer.Serialize(new BackupInput(installation, BackupPurpose.Requested), WorkflowJson.Default.BackupInput), cancellationToken);

    /// <summary>Starts the backup that is due at a time, unless it has been started already; whether or not the installation is free.</summary>
    /// <returns>The operation's id, and whether this call started it.</returns>
    public Task<(string Id, bool Started)> StartScheduledBackupAsync(
        string installation, DateTimeOffset due, CancellationToken cancellationToken) =>
        StartScheduledAsync(OperationKind.Backup, installation, due, cancellationToken);

    /// <summary>
    /// Starts what is due at a time, unless it has been started already; whether or not the installation is free. Where it is not, the operation ends
    /// as <see cref="WorkflowError.Busy"/>, skipped, and names the one in its way.
    /// </summary>
    /// <param name="kind">A backup, retention or a drill.</param>
    /// <param name="installation">Of which installation.</param>
    /// <param name="due">When it was due.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>The operation's id, and whether this call started it.</returns>
    public async Task<(string Id, bool Started)> StartScheduledAsync(
        OperationKind kind, string installation, DateTimeOffset due, CancellationToken cancellationToken)
    {
        InstallationCheck(installation);
        var (orchestration, input) = kind switch
        {
            OperationKind.Backup => (
                BackupOrchestration.OrchestrationName,
                JsonSerializer.Serialize(new BackupInput(installation, BackupPurpose.Scheduled, due), WorkflowJson.Default.BackupInput)),
            OperationKind.Retention => (
                RetentionOrchestration.OrchestrationName,
                JsonSerializer.Serialize(new RetentionInput(installation, DryRun: false, due), WorkflowJson.Default.RetentionInput)),
            OperationKind.Drill => (
                DrillOrchestration.OrchestrationName,
                JsonSerializer.Serialize(new DrillInput(installation, due), WorkflowJson.Default.DrillInput)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Expected a backup, retention or a drill."),
        };
        var id = OperationIds.Scheduled(kind, installation, due);
        return (id, await client.StartAsync(orchestration, id, input, cancellationToken));
    }

    /// <summary>Starts a restore.</summary>
    /// <inheritdoc cref="StartBackupAsync"/>
    public Task<string> StartRestoreAsync(RestoreInput restore, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(restore);
        return StartAsync(
            OperationKind.Restore, RestoreOrchestration.OrchestrationName, restore.Target, exclusive: true,
            JsonSerializer.Serialize(restore, WorkflowJson.Default.RestoreInput), cancellationToken);
    }

    /// <summary>Starts a restart.</summary>
    /// <inheritdoc cref="StartBackupAsync"/>
    public Task<string> StartRestartAsync(string installation, CancellationToken cancellationToken) =>
        StartAsync(
            OperationKind.Restart, RestartOrchestration.OrchestrationName, installation, exclusive: true,
            JsonSerializer.Serialize(new RestartInput(installation), WorkflowJson.Default.RestartInput), cancellationToken);

    /// <summary>Starts a check of a published backup. It may run beside other operations of the installation.</summary>
    /// <returns>The operation's id.</returns>
    public Task<string> StartVerifyAsync(BackupKey backup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(backup);
        return StartAsync(
            OperationKind.Verify, VerifyOrchestration.OrchestrationName, backup.Installation, exclusive: false,
            JsonSerializer.Serialize(new VerifyInput(backup), WorkflowJson.Default.VerifyInput), cancellationToken);
    }

    /// <summary>Starts retention.</summary>
    /// <inheritdoc cref="StartBackupAsync"/>
    public Task<string> StartRetentionAsync(string installation, bool dryRun, CancellationToken cancellationToken) =>
        StartAsync(
            OperationKind.Retention, RetentionOrchestration.OrchestrationName, installation, exclusive: !dryRun,
            JsonSerializer.Serialize(new RetentionInput(installation, dryRun), WorkflowJson.Default.RetentionInput), cancellationToken);

    /// <summary>Starts a drill: the newest backup of an installation, restored into its scratch installation and compared.</summary>
    /// <returns>The operation's id.</returns>
    /// <exception cref="WorkflowException">
    /// <see cref="WorkflowError.InvalidConfiguration"/>: it has no <c>Drill</c>. <see cref="WorkflowError.Busy"/>, naming the operation that works on the
    /// scratch installation.
    /// </exception>
    public Task<string> StartDrillAsync(InstallationDefinition installation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(installation);
        var drill = installation.Drill
            ?? throw new WorkflowException(
                WorkflowError.InvalidConfiguration,
                $"Installations:{installation.Name}:Drill is missing; expected a section with Into, the scratch installation whose data a drill replaces.");
        return StartAsync(
            OperationKind.Drill, DrillOrchestration.OrchestrationName, installation.Name, exclusive: true,
            JsonSerializer.Serialize(new DrillInput(installation.Name), WorkflowJson.Default.DrillInput), cancellationToken, holds: drill.Into);
    }

    /// <summary>Gives an operator's decision to an operation that waits for one.</summary>
    /// <exception cref="WorkflowException">
    /// <see cref="WorkflowError.NotFound"/>: no such operation. <see cref="WorkflowError.InvalidRequest"/>: it does not wait for a decision.
    /// </exception>
    public Task ApproveAsync(string operationId, ApprovalDecision decision, CancellationToken cancellationToken) =>
        AnswerAsync(
            operationId, OperationEvents.Approval, JsonSerializer.Serialize(decision, WorkflowJson.Default.ApprovalDecision), cancellationToken);

    /// <summary>Tells an operation that its application was restarted by hand.</summary>
    /// <exception cref="WorkflowException">
    /// <see cref="WorkflowError.NotFound"/>: no such operation. <see cref="WorkflowError.InvalidRequest"/>: it does not wait for that.
    /// </exception>
    public Task ConfirmRestartAsync(string operationId, OperatorNote note, CancellationToken cancellationToken) =>
        AnswerAsync(
            operationId, OperationEvents.Restarted, JsonSerializer.Serialize(note, WorkflowJson.Default.OperatorNote), cancellationToken);

    /// <summary>
    /// Asks an operation to end. What must not be cut off (the restore itself, an application between stop and start) is finished first; the
    /// operation then fails as <see cref="WorkflowError.Cancelled"/>.
    /// </summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>: no such operation.</exception>
    public Task CancelAsync(string operationId, OperatorNote note, CancellationToken cancellationToken) =>
        client.RaiseEventAsync(
            operationId, OperationEvents.Cancel, JsonSerializer.Serialize(note, WorkflowJson.Default.OperatorNote), cancellationToken);

    /// <summary>The operation that holds an installation; null when it is free.</summary>
    public Task<string?> FindHolderAsync(string installation, CancellationToken cancellationToken) =>
        claims.FindHolderAsync(OperationResources.Installation(installation), cancellationToken);

    /// <summary>What an operation says about itself; null where it has said nothing yet, or is none of these orchestrations.</summary>
    public static OperationStatus? ReadStatus(WorkflowInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.Status is null || !IsOurs(instance)
            ? null
            : JsonSerializer.Deserialize(instance.Status, WorkflowJson.Default.OperationStatus);
    }

    /// <summary>What a completed backup came to; null for anything else.</summary>
    public static BackupOutput? ReadBackup(WorkflowInstance instance) =>
        Output(instance, BackupOrchestration.OrchestrationName) is { } json ? JsonSerializer.Deserialize(json, WorkflowJson.Default.BackupOutput) : null;

    /// <summary>What a completed restore came to; null for anything else.</summary>
    public static RestoreOutput? ReadRestore(WorkflowInstance instance) =>
        Output(instance, RestoreOrchestration.OrchestrationName) is { } json ? JsonSerializer.Deserialize(json, WorkflowJson.Default.RestoreOutput) : null;

    /// <summary>What a completed restart came to; null for anything else.</summary>
    public static RestartOutput? ReadRestart(WorkflowInstance instance) =>
        Output(instance, RestartOrchestration.OrchestrationName) is { } json ? JsonSerializer.Deserialize(json, WorkflowJson.Default.RestartOutput) : null;

    /// <summary>What a completed check came to; null for anything else.</summary>
    public static CheckRecord? ReadCheck(WorkflowInstance instance) =>
        Output(instance, VerifyOrchestration.OrchestrationName) is { } json ? JsonSerializer.Deserialize(json, WorkflowJson.Default.CheckRecord) : null;

    /// <summary>What completed retention came to; null for anything else.</summary>
    public static RetentionReport? ReadRetention(WorkflowInstance instance) =>
        Output(instance, RetentionOrchestration.OrchestrationName) is { } json ? JsonSerializer.Deserialize(json, WorkflowJson.Default.RetentionReport) : null;

    /// <summary>What a drill that passed came to; null for anything else.</summary>
    public static DrillOutput? ReadDrill(WorkflowInstance instance) =>
        Output(instance, DrillOrchestration.OrchestrationName) is { } json ? JsonSerializer.Deserialize(json, WorkflowJson.Default.DrillOutput) : null;

    private static string? Output(WorkflowInstance instance, string orchestration)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.Name == orchestration ? instance.Output : null;
    }

    private static bool IsOurs(WorkflowInstance instance) => WorkflowCatalog.Orchestrations.Any(o => o.Name == instance.Name);

    private static void InstallationCheck(string installation) => InstallationName.Check(installation);

    private async Task<string> StartAsync(
        OperationKind kind,
        string orchestration,
        string installation,
        bool exclusive,
        string input,
        CancellationToken cancellationToken,
        string? holds = null)
    {
        holds ??= installation;
        InstallationCheck(installation);
        if (exclusive && await FindHolderAsync(holds, cancellationToken) is { } holder)
        {
            throw new WorkflowException(
                WorkflowError.Busy, $"Operation {holder} works on installation {holds}; wait for it, or cancel it.");
        }

        var id = OperationIds.Requested(kind, installation, time.GetUtcNow());
        _ = await client.StartAsync(orchestration, id, input, cancellationToken);
        return id;
    }

    private async Task AnswerAsync(string operationId, string eventName, string payload, CancellationToken cancellationToken)
    {
        var instance = await client.FindAsync(operationId, cancellationToken)
            ?? throw new WorkflowException(WorkflowError.NotFound, $"There is no operation '{operationId}'.");
        var waiting = instance.State == WorkflowState.Running ? ReadStatus(instance)?.Waiting : null;
        if (waiting?.Event != eventName)
        {
            throw new WorkflowException(
                WorkflowError.InvalidRequest,
                $"Operation {operationId} ({instance.State.ToString().ToLowerInvariant()}) does not wait for {eventName}{(waiting is null ? "" : $" but for {waiting.Event}")}.");
        }

        await client.RaiseEventAsync(operationId, eventName, payload, cancellationToken);
    }
}
