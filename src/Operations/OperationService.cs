using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Operations;

/// <summary>
/// The service that operators use, in any host: starts operations, answers and cancels them. Starting refuses at once where another operation
/// holds the installation; the operation itself claims it once more, since two may be started in the same moment.
/// </summary>
public sealed class OperationService(IDurableTaskClientProvider clients, OperationQueries queries, IOperationClaims claims, TimeProvider time)
{
    /// <summary>Starts a backup.</summary>
    /// <returns>The operation's id.</returns>
    /// <exception cref="OperationException"><see cref="OperationError.Busy"/>, naming the operation in the way.</exception>
    public Task<string> StartBackupAsync(string installation, CancellationToken cancellationToken) =>
        StartBackupAsync(new BackupInput(installation, BackupPurpose.Requested), cancellationToken);

    /// <inheritdoc cref="StartBackupAsync(string, CancellationToken)"/>
    public Task<string> StartBackupAsync(BackupInput backup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(backup);
        return StartAsync(
            OperationKind.Backup, BackupOrchestrator.OrchestrationName, backup.Installation, exclusive: true, backup, cancellationToken);
    }

    /// <summary>
    /// Starts what is due at a time, unless it has been started already; whether or not the installation is free. Where it is not, the operation ends
    /// as <see cref="OperationError.Busy"/>, skipped, and names the one in its way.
    /// </summary>
    /// <param name="kind">A backup, retention or a drill.</param>
    /// <param name="installation">Of which installation.</param>
    /// <param name="due">When it was due.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="waitUntil">
    /// Of one that is late, because nothing ran when it was due: how long it waits for what is in its way, in place of ending as skipped.
    /// </param>
    /// <returns>The operation's id, and whether this call started it; a task hub may say so to several that come at the same moment.</returns>
    public async Task<(string Id, bool Started)> StartScheduledAsync(
        OperationKind kind, string installation, DateTimeOffset due, CancellationToken cancellationToken, DateTimeOffset? waitUntil = null)
    {
        InstallationName.Check(installation);
        (string, object) scheduled = kind switch
        {
            OperationKind.Backup => (BackupOrchestrator.OrchestrationName, new BackupInput(installation, BackupPurpose.Scheduled, due, WaitUntil: waitUntil)),
            OperationKind.Retention => (RetentionOrchestrator.OrchestrationName, new RetentionInput(installation, DryRun: false, due, waitUntil)),
            OperationKind.Drill => (DrillOrchestrator.OrchestrationName, new DrillInput(installation, due, waitUntil)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Expected a backup, retention or a drill."),
        };
        var (orchestration, input) = scheduled;
        var id = OperationIds.Scheduled(kind, installation, due);
        return (id, await StartOnceAsync(orchestration, id, input, cancellationToken));
    }

    /// <summary>Starts a restore.</summary>
    /// <inheritdoc cref="StartBackupAsync(string, CancellationToken)"/>
    public Task<string> StartRestoreAsync(RestoreInput restore, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(restore);
        restore.Check();
        return StartAsync(
            OperationKind.Restore, RestoreOrchestrator.OrchestrationName, restore.Target, exclusive: true,
            restore, cancellationToken);
    }

    /// <summary>Starts a restart.</summary>
    /// <inheritdoc cref="StartBackupAsync(string, CancellationToken)"/>
    public Task<string> StartRestartAsync(string installation, CancellationToken cancellationToken) =>
        StartAsync(
            OperationKind.Restart, RestartOrchestrator.OrchestrationName, installation, exclusive: true,
            new RestartInput(installation), cancellationToken);

    /// <summary>Starts a check of a published backup. It may run beside other operations of the installation.</summary>
    /// <returns>The operation's id.</returns>
    public Task<string> StartVerifyAsync(BackupKey backup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(backup);
        return StartAsync(
            OperationKind.Verify, VerifyOrchestrator.OrchestrationName, backup.Installation, exclusive: false,
            new VerifyInput(backup), cancellationToken);
    }

    /// <summary>Starts retention.</summary>
    /// <inheritdoc cref="StartBackupAsync(string, CancellationToken)"/>
    public Task<string> StartRetentionAsync(string installation, bool dryRun, CancellationToken cancellationToken) =>
        StartAsync(
            OperationKind.Retention, RetentionOrchestrator.OrchestrationName, installation, exclusive: !dryRun,
            new RetentionInput(installation, dryRun), cancellationToken);

    /// <summary>Starts a drill: the newest backup of an installation, restored into its scratch installation and compared.</summary>
    /// <returns>The operation's id.</returns>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.InvalidConfiguration"/>: it has no <c>Drill</c>. <see cref="OperationError.Busy"/>, naming the operation that works on the
    /// scratch installation.
    /// </exception>
    public Task<string> StartDrillAsync(InstallationDefinition installation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(installation);
        return StartAsync(
            OperationKind.Drill, DrillOrchestrator.OrchestrationName, installation.Name, exclusive: true,
            new DrillInput(installation.Name), cancellationToken, holds: installation.GetDrill().Into);
    }

    /// <summary>
    /// Gives an operation the answer it waits for: an operator's decision, or the word that its application was restarted by hand.
    /// </summary>
    /// <param name="operationId">The operation.</param>
    /// <param name="wait">What is answered: <see cref="OperationEvents.Approval"/> or <see cref="OperationEvents.Restarted"/>.</param>
    /// <param name="decision">The answer. Declining a restart by hand is no answer: cancel the operation.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.NotFound"/>: no such operation. <see cref="OperationError.Conflict"/>: it does not wait for this answer; the message
    /// says what it waits for.
    /// </exception>
    public async Task AnswerAsync(string operationId, string wait, ApprovalDecision decision, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(decision);
        var instance = await queries.GetAsync(operationId, cancellationToken);
        var waiting = instance.State == OperationState.Running ? instance.Status?.Waiting : null;
        if (waiting?.Event != wait)
        {
            throw new OperationException(
                OperationError.Conflict,
                waiting is null
                    ? $"Operation {operationId} ({instance.State.ToString().ToLowerInvariant()}) is not waiting for an answer."
                    : $"Operation {operationId} is not waiting for '{wait}' but for '{waiting.Event}': {waiting.Message}");
        }

        if (wait == OperationEvents.Approval)
        {
            await clients.GetClient().RaiseEventAsync(operationId, wait, decision, cancellationToken);
        }
        else if (decision.Approved)
        {
            await clients.GetClient().RaiseEventAsync(operationId, wait, new OperatorNote(decision.By, decision.Comment), cancellationToken);
        }
        else
        {
            throw new OperationException(
                OperationError.InvalidRequest,
                $"Operation {operationId} is waiting for a restart by hand, which cannot be declined; cancel the operation instead.");
        }
    }

    /// <summary>
    /// Asks an operation to end. Nothing that changes an installation or a store begins any more, on whichever host; what is under way is waited
    /// for, and an application that was stopped is started. The operation then fails as <see cref="OperationError.Cancelled"/>. One that has ended
    /// stays as it is.
    /// </summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>: no such operation.</exception>
    public async Task CancelAsync(string operationId, OperatorNote note, CancellationToken cancellationToken)
    {
        if ((await queries.GetAsync(operationId, cancellationToken)).State != OperationState.Running)
        {
            return;
        }

        // Claim first: a redelivered activity may begin before the operation receives the event.
        _ = await claims.TryAcquireAsync(
            new ClaimRequest(OperationResources.Cancellation(operationId), operationId, Exclusive: true), cancellationToken);
        await clients.GetClient().RaiseEventAsync(operationId, OperationEvents.Cancel, note, cancellationToken);
    }

    /// <summary>
    /// Terminates an operation: its code does not run again and its activities are cancelled. Nothing is undone; see
    /// <see cref="CancelAsync"/>. One that has ended stays as it is.
    /// </summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>: no such operation.</exception>
    public async Task TerminateAsync(string operationId, string reason, CancellationToken cancellationToken)
    {
        if ((await queries.GetAsync(operationId, cancellationToken)).State == OperationState.Running)
        {
            await clients.GetClient().TerminateInstanceAsync(operationId, reason, cancellationToken);
        }
    }

    /// <summary>The operation that holds an installation; null when it is free.</summary>
    public Task<string?> FindHolderAsync(string installation, CancellationToken cancellationToken) =>
        claims.FindHolderAsync(OperationResources.Installation(installation), cancellationToken);

    private async Task<string> StartAsync(
        OperationKind kind,
        string orchestration,
        string installation,
        bool exclusive,
        object input,
        CancellationToken cancellationToken,
        string? holds = null)
    {
        holds ??= installation;
        InstallationName.Check(installation);
        if (exclusive && await FindHolderAsync(holds, cancellationToken) is { } holder)
        {
            throw new OperationException(
                OperationError.Busy, $"Operation {holder} is using installation {holds}; wait for it or cancel it.")
            { Holder = holder };
        }

        var id = OperationIds.Requested(kind, installation, time.GetUtcNow());
        _ = await StartOnceAsync(orchestration, id, input, cancellationToken);
        return id;
    }

    /// <summary>
    /// Starts an operation, durably. An id is used once: starting it again, while it runs or afterwards, does nothing, so a doubled request starts one.
    /// </summary>
    /// <returns>True if this call started it.</returns>
    private async Task<bool> StartOnceAsync(string orchestration, string id, object input, CancellationToken cancellationToken)
    {
        // Look first, since a hub may be configured to reuse the id of an ended operation; then start with the condition that the id is new, for
        // concurrent requests.
        var client = clients.GetClient();
        if (await client.GetInstanceAsync(id, cancellationToken) is not null)
        {
            return false;
        }

        var options = new StartOrchestrationOptions(id) { Version = OperationCatalog.Version }.WithDedupeStatuses([.. StartOrchestrationOptionsExtensions.ValidDedupeStatuses]);
        try
        {
            _ = await client.ScheduleNewOrchestrationInstanceAsync(OperationCatalog.VersionedName(orchestration), input, options, cancellationToken);
            return true;
        }
#pragma warning disable CA1031 // Hosts say in different ways that an id is taken; what counts is that it is there.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            if (await client.GetInstanceAsync(id, cancellationToken) is not null)
            {
                return false;
            }

            throw;
        }
    }
}
