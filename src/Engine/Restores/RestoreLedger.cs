using System.Text.Json;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;

namespace TfeBackup.Engine.Restores;

/// <summary>
/// Remembers restores by their callers' ids, so that whoever lost the answer learns what became of one: from any node, and after any of the
/// parts was killed at any moment.
/// </summary>
/// <remarks>
/// <para>
/// It is a document in the installation's object store, below the store's own prefix, which no backup carries and no restore replaces. Before it
/// commits, a restore writes its transaction's id there; from then on PostgreSQL (<c>txid_status</c>) is the one who knows whether it committed,
/// at the same instant at which it did. A table in the target would need a right that the owner of its tables may not have (to create a schema),
/// and would be in the way of the coverage of backups.
/// </para>
/// <para>
/// Written only under the installation's lock: by restores, which have it alone, and by recoveries, of which there is one at a time.
/// </para>
/// </remarks>
/// <param name="installation">Whose.</param>
public sealed class RestoreLedger(Installation installation)
{
    private const int Kept = 20;
    private const int LongestDetail = 2000;
    private const string Interrupted = "It was interrupted before its commit; the installation is unchanged.";

    /// <summary>The state of a restore.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/> where the object store or PostgreSQL does not answer.</exception>
    public async Task<RestoreStatus> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindEntryAsync(id, cancellationToken) is not { } entry)
        {
            return new RestoreStatus(id, RestoreState.Unknown, "No restore with this id is known here.");
        }

        if (entry is not { IsOpen: true, Transaction: null })
        {
            return await StatusAsync(entry, cancellationToken);
        }

        // Whoever is at it has the lock to himself. Once it is free, what he wrote last is what counts.
        if (await InstallationLock.IsHeldByRestoreAsync(installation.DataSource, cancellationToken))
        {
            return new RestoreStatus(id, RestoreState.Running, null);
        }

        entry = await FindEntryAsync(id, cancellationToken) ?? entry;
        return entry is { IsOpen: true, Transaction: null }
            ? new RestoreStatus(id, RestoreState.Failed, Interrupted)
            : await StatusAsync(entry, cancellationToken);
    }

    /// <summary>True if the outcome of any restore has yet to be recorded.</summary>
    internal async Task<bool> HasOpenAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken)).Any(static entry => entry.IsOpen);

    /// <summary>Records a restore, replacing any entry with its id. Under the lock.</summary>
    internal async Task PutAsync(RestoreEntry entry, CancellationToken cancellationToken)
    {
        entry = entry with { Detail = entry.Detail is { Length: > LongestDetail } detail ? detail[..LongestDetail] : entry.Detail };
        var entries = (await ReadAsync(cancellationToken)).Where(other => other.Id != entry.Id).Append(entry).ToList();
        await WriteAsync(entries, cancellationToken);
    }

    /// <summary>Records why a restore failed, unless only PostgreSQL knows if it did.</summary>
    internal async Task RecordFailureAsync(string id, string reason)
    {
        if (await FindEntryAsync(id, CancellationToken.None) is { Transaction: null } entry)
        {
            await PutAsync(entry with { State = RestoreState.Failed, Detail = reason }, CancellationToken.None);
        }
    }

    /// <summary>Records the outcome of restores whose process was killed. Under the lock, once no staging is left.</summary>
    internal async Task SettleAsync(CancellationToken cancellationToken)
    {
        var entries = await ReadAsync(cancellationToken);
        if (!entries.Any(static entry => entry.IsOpen))
        {
            return;
        }

        var settled = new List<RestoreEntry>();
        foreach (var entry in entries)
        {
            var state = entry.IsOpen ? await StatusAsync(entry, cancellationToken) : null;
            settled.Add(state?.State switch
            {
                null => entry,
                RestoreState.Running when entry.Transaction is null => entry with { State = RestoreState.Failed, Detail = Interrupted },
                RestoreState.Committed => entry with { State = RestoreState.Restored },
                _ => entry with { State = state.State, Detail = state.Detail },
            });
        }

        await WriteAsync(settled, cancellationToken);
    }

    private async Task<RestoreEntry?> FindEntryAsync(string id, CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken)).FirstOrDefault(entry => entry.Id == id);

    private async Task<RestoreStatus> StatusAsync(RestoreEntry entry, CancellationToken cancellationToken)
    {
        if (entry is not { IsOpen: true, Transaction: { } transaction })
        {
            return new RestoreStatus(entry.Id, entry.State, entry.Detail);
        }

        return await DatabaseTransactions.GetOutcomeAsync(installation.DataSource, transaction, cancellationToken) switch
        {
            TransactionOutcome.Committed when entry.HasObjects => new RestoreStatus(
                entry.Id, RestoreState.Committed, "The database is committed; the objects are being put in place."),
            TransactionOutcome.Committed => new RestoreStatus(entry.Id, RestoreState.Restored, null),
            TransactionOutcome.Aborted => new RestoreStatus(
                entry.Id, RestoreState.Failed, "Its transaction was rolled back; the installation is unchanged."),
            TransactionOutcome.InProgress => new RestoreStatus(entry.Id, RestoreState.Running, null),
            _ => new RestoreStatus(
                entry.Id, RestoreState.Unknown, $"PostgreSQL no longer knows the outcome of its transaction {transaction}. Check the installation's data."),
        };
    }

    private async Task<IReadOnlyList<RestoreEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        if (await installation.Objects.ReadLedgerAsync(cancellationToken) is not { } json)
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize(json, RestoreJson.Default.RestoreEntries)?.Restores ?? [];
        }
        catch (JsonException e)
        {
            throw new EngineException(
                EngineError.CorruptSource,
                $"{installation.Objects.Description}: '{IObjectStore.ReservedPrefix}restores.json' is not a valid list of restores. Remove it; the outcomes it recorded are lost.",
                e);
        }
    }

    private Task WriteAsync(List<RestoreEntry> entries, CancellationToken cancellationToken)
    {
        // The oldest go first, but none whose end is not known.
        var kept = entries.OrderByDescending(static entry => entry.IsOpen).ThenByDescending(static entry => entry.Started).Take(Kept);
        return installation.Objects.WriteLedgerAsync(
            JsonSerializer.SerializeToUtf8Bytes(
                new RestoreEntries([.. kept.OrderBy(static entry => entry.Started)]), RestoreJson.Default.RestoreEntries),
            cancellationToken);
    }
}
