using Microsoft.Extensions.Logging;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Restores;

namespace TfeBackup.Engine;

/// <summary>
/// Finishes what an interrupted restore left: where its transaction was committed, its staged objects are put in their
/// places; where it was not, they are thrown away.
/// </summary>
/// <remarks>
/// A restore seals its staging with the id of its transaction before it commits. PostgreSQL remembers the outcome of recent
/// transactions (<c>txid_status</c>), so the truth about a commit is asked of the one who knows it and needs no table.
/// </remarks>
public sealed partial class InstallationRecovery(Installation installation, ILogger<InstallationRecovery> logger)
{
    private const string Torn =
        "A restore into this installation is committed, but not all of its objects are in place yet. Until they are, only a backup without objects can be taken.";

    private readonly RestoreLedger _ledger = new(installation);

    /// <summary>Finishes every leftover, while restores and other recoveries keep off. Backups that carry no objects go on meanwhile.</summary>
    /// <returns>The number of leftovers.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Busy"/> while a restore works on the installation, or the interrupted transaction has not
    /// ended yet; others where a part does not answer, or forbids to put objects in their places.
    /// </exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if ((await installation.Objects.FindStagingsAsync(cancellationToken)).Count == 0 && !await _ledger.HasOpenAsync(cancellationToken))
        {
            return 0;
        }

        await using var held = await InstallationLock.AcquireForRecoveryAsync(installation.DataSource, cancellationToken);
        return await RunAsync(held, cancellationToken);
    }

    /// <summary>Finishes restores that were committed, as a backup that carries objects needs.</summary>
    /// <exception cref="EngineException">It cannot be done now; such a backup would have rows of one backup and objects of another.</exception>
    internal async Task FinishCommittedAsync(CancellationToken cancellationToken)
    {
        if (!await HasSealedAsync(cancellationToken))
        {
            return;
        }

        try
        {
            await RunAsync(cancellationToken);
        }
        catch (EngineException e)
        {
            throw new EngineException(e.Error, $"{Torn} {e.Message}", e);
        }
    }

    /// <summary>Makes sure, under a lock that excludes restores, that objects and rows are of one moment.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/> where they are not.</exception>
    internal async Task RequireConsistentAsync(CancellationToken cancellationToken)
    {
        if (await HasSealedAsync(cancellationToken))
        {
            throw new EngineException(EngineError.Busy, Torn);
        }
    }

    /// <summary>Finishes every leftover, under a lock that the caller has.</summary>
    internal async Task<int> RunAsync(InstallationLock held, CancellationToken cancellationToken)
    {
        // Listed under the lock: what was there before may have been the work of whoever had it.
        var stagings = await installation.Objects.FindStagingsAsync(cancellationToken);
        foreach (var staging in stagings)
        {
            await using (staging)
            {
                await held.RunAsync(token => FinishAsync(staging, token), cancellationToken);
            }
        }

        await held.EnsureHeldAsync(cancellationToken);
        await _ledger.SettleAsync(cancellationToken);
        return stagings.Count;
    }

    private async Task<bool> HasSealedAsync(CancellationToken cancellationToken) =>
        (await installation.Objects.FindStagingsAsync(cancellationToken)).Any(static staging => staging.CommitToken is not null);

    /// <summary>Promotes or discards one staging, under a lock that the caller has.</summary>
    private async Task FinishAsync(IObjectStaging staging, CancellationToken cancellationToken)
    {
        if (staging.CommitToken is not { } transaction)
        {
            await DiscardAsync(staging, cancellationToken);
            return;
        }

        switch (await DatabaseTransactions.GetOutcomeAsync(installation.DataSource, transaction, cancellationToken))
        {
            case TransactionOutcome.Committed:
                LogPromoting(staging.Id, installation.Name);
                await staging.PromoteAsync(cancellationToken);
                break;
            case TransactionOutcome.Aborted:
                await DiscardAsync(staging, cancellationToken);
                break;
            case TransactionOutcome.InProgress:
                throw new EngineException(
                    EngineError.Busy,
                    $"The transaction {transaction} of the interrupted restore {staging.Id} is still open in PostgreSQL. " +
                    "It ends when the server notices that its client is gone; to end it now, use pg_terminate_backend.");
            default:
                throw new EngineException(
                    EngineError.Unavailable,
                    $"PostgreSQL no longer knows whether the transaction {transaction} of the interrupted restore {staging.Id} was committed, " +
                    $"so its objects, staged in {installation.Objects.Description} below '{IObjectStore.ReservedPrefix}{staging.Id}', are neither " +
                    "promoted nor removed. If the database holds the restored data, restore again with \"overwrite\": true. In either case remove that " +
                    "staging by hand first.");
        }
    }

    private async Task DiscardAsync(IObjectStaging staging, CancellationToken cancellationToken)
    {
        LogDiscarding(staging.Id, installation.Name);
        try
        {
            await staging.DiscardAsync(cancellationToken);
        }
        catch (EngineException e)
        {
            // It takes room, and nobody sees it. That is no reason to keep backups and restores from going on.
            LogRubbish(e, staging.Id, installation.Name);
        }
    }

    [LoggerMessage(EventId = 1303, Level = LogLevel.Warning, Message = "The staged objects of restore {Id} into {Installation} could not be removed; retrying")]
    private partial void LogRubbish(Exception exception, string id, string installation);

    [LoggerMessage(EventId = 1301, Level = LogLevel.Warning, Message = "Restore {Id} into {Installation} was interrupted after its commit: putting its objects in place")]
    private partial void LogPromoting(string id, string installation);

    [LoggerMessage(EventId = 1302, Level = LogLevel.Warning, Message = "Restore {Id} into {Installation} was interrupted before its commit: removing its staged objects")]
    private partial void LogDiscarding(string id, string installation);
}
