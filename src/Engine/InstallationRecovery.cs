using Microsoft.Extensions.Logging;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;

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
    /// <summary>Takes the installation for itself, then finishes every leftover.</summary>
    /// <returns>How many leftovers there were.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.Busy"/> while another operation works on the installation, or the interrupted transaction has not
    /// ended yet; <see cref="EngineError.Unavailable"/> where a part does not answer.
    /// </exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if ((await installation.Objects.FindStagingsAsync(cancellationToken)).Count == 0)
        {
            return 0;
        }

        await using var held = await InstallationLock.AcquireExclusiveAsync(installation.DataSource, cancellationToken);
        return await RunAsync(held, cancellationToken);
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
                await held.EnsureHeldAsync(cancellationToken);
                await FinishAsync(staging, cancellationToken);
            }
        }

        return stagings.Count;
    }

    /// <summary>Promotes or discards one staging, under a lock that the caller has.</summary>
    internal async Task FinishAsync(IObjectStaging staging, CancellationToken cancellationToken)
    {
        if (staging.CommitToken is not { } transaction)
        {
            LogDiscarding(staging.Id, installation.Name);
            await staging.DiscardAsync(cancellationToken);
            return;
        }

        switch (await DatabaseTransactions.GetOutcomeAsync(installation.DataSource, transaction, cancellationToken))
        {
            case TransactionOutcome.Committed:
                LogPromoting(staging.Id, installation.Name);
                await staging.PromoteAsync(cancellationToken);
                break;
            case TransactionOutcome.Aborted:
                LogDiscarding(staging.Id, installation.Name);
                await staging.DiscardAsync(cancellationToken);
                break;
            case TransactionOutcome.InProgress:
                throw new EngineException(
                    EngineError.Busy,
                    $"The transaction {transaction} of the interrupted restore {staging.Id} has not ended in PostgreSQL yet. " +
                    "It ends when the server notices that its client is gone; end its session with pg_terminate_backend to speed that up.");
            default:
                throw new EngineException(
                    EngineError.Unavailable,
                    $"PostgreSQL no longer knows whether the transaction {transaction} of the interrupted restore {staging.Id} was committed, " +
                    $"so its objects, staged in {installation.Objects.Description} below '{IObjectStore.ReservedPrefix}{staging.Id}', are neither " +
                    "promoted nor removed. If the database holds the restored data, restore again with \"overwrite\": true; in any case remove that " +
                    "staging by hand first.");
        }
    }

    [LoggerMessage(EventId = 1301, Level = LogLevel.Warning, Message = "Restore {Id} into {Installation} was interrupted after its commit: putting its objects in place")]
    private partial void LogPromoting(string id, string installation);

    [LoggerMessage(EventId = 1302, Level = LogLevel.Warning, Message = "Restore {Id} into {Installation} was interrupted before its commit: removing its staged objects")]
    private partial void LogDiscarding(string id, string installation);
}
