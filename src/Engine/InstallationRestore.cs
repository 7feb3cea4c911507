using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Npgsql;
using TfeBackup.Archive;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Restores;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine;

/// <summary>
/// Restores a backup into an installation: all of it, or nothing. Rows go into one transaction and objects into a staging;
/// only when the archive has been proven to its last byte is the transaction committed, and only then do objects move.
/// </summary>
/// <remarks>
/// Failures: up to the commit, everything rolls back. If the answer to the commit is lost, PostgreSQL
/// is asked for it. After the commit the restore can only go forward: the objects' promotion is repeated by
/// <see cref="InstallationRecovery"/> when this process dies, until it is done.
/// </remarks>
public sealed partial class InstallationRestore(Installation installation, TimeProvider time, ILoggerFactory loggers)
{
    // How often and how long apart the objects are tried while somebody waits for the answer. The service goes on after that.
    private const int PromotionAttempts = 4;
    private static readonly TimeSpan PromotionPause = TimeSpan.FromSeconds(2);

    private readonly InstallationRecovery _recovery = new(installation, loggers.CreateLogger<InstallationRecovery>());
    private readonly RestoreLedger _ledger = new(installation);
    private readonly ILogger _logger = loggers.CreateLogger<InstallationRestore>();

    /// <summary>Restores a backup.</summary>
    /// <param name="backup">The backup, read to its end; need not seek.</param>
    /// <param name="request">Password and whether data may be overwritten.</param>
    /// <param name="cancellationToken">Ends the call early; without effect once the transaction is committed.</param>
    /// <returns>The archive's totals; null if an earlier restore of the same operation did it, and nothing was done.</returns>
    /// <exception cref="ArchiveException">The backup cannot be read: wrong password, damaged, incomplete. The target is untouched.</exception>
    /// <exception cref="EngineException">
    /// The target cannot take it, or a part does not answer. The target is untouched, unless the message says that the commit
    /// was made and the objects are still to follow.
    /// </exception>
    public async Task<ArchiveSummary?> RunAsync(Stream backup, RestoreRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await using var held = await InstallationLock.AcquireExclusiveAsync(installation.DataSource, cancellationToken);
            await Standby.RequirePrimaryAsync(installation.DataSource, cancellationToken);
            await _recovery.RunAsync(held, cancellationToken);
            return request.OperationId is { } operation
                ? await RememberAsync(operation, held, entry => RestoreAsync(backup, request, held, entry, cancellationToken), cancellationToken)
                : await RestoreAsync(backup, request, held, null, cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException || (e is InvalidOperationException && DatabaseErrors.IsLostConnection(e)))
        {
            throw DatabaseErrors.LostConnection(e, "restoring");
        }
    }

    /// <summary>Does a restore unless it was done, and records its outcome.</summary>
    private async Task<ArchiveSummary?> RememberAsync(
        string operation, InstallationLock held, Func<RestoreEntry, Task<ArchiveSummary>> restore, CancellationToken cancellationToken)
    {
        if ((await _ledger.FindAsync(operation, cancellationToken)).State == RestoreState.Restored)
        {
            return null;
        }

        var entry = new RestoreEntry { Id = operation, Started = time.GetUtcNow(), State = RestoreState.Running };
        await _ledger.PutAsync(entry, cancellationToken);
        try
        {
            return await restore(entry);
        }
        catch (Exception e)
        {
            await RecordFailureAsync(operation, held, e);
            throw;
        }
    }

    private async Task<ArchiveSummary> RestoreAsync(
        Stream backup, RestoreRequest request, InstallationLock held, RestoreEntry? entry, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        await using var reader = await ArchiveReader.OpenAsync(
            backup, request.Password, new ArchiveReaderOptions { MaxWorkFactor = request.MaxWorkFactor }, cancellationToken);
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        LogStarted(id, reader.Info.Id, reader.Info.Installation, installation.Name);

        await using var staging = await PrepareObjectsAsync(id, reader.Info, request, cancellationToken);
        var objects = staging is null ? null : new ObjectRestore(staging, installation.Transit, installation.Encryption);
        try
        {
            await using var load = await LoadAsync(reader, objects, request, cancellationToken);
            await (staging?.CheckPromotableAsync(cancellationToken) ?? Task.CompletedTask);
            await held.EnsureHeldAsync(cancellationToken);
            var transaction = "";
            if (objects is not null || entry is not null)
            {
                transaction = await load.GetTransactionIdAsync(cancellationToken);
                await DatabaseTransactions.SecureIdentifiersAsync(installation.DataSource, cancellationToken);
            }

            await (objects?.SealAsync(transaction, cancellationToken) ?? Task.CompletedTask);
            await (entry is null
                ? Task.CompletedTask
                : _ledger.PutAsync(entry with { Transaction = transaction, HasObjects = objects is not null }, cancellationToken));

            // All that was made durable since the lock was last looked at has taken its time.
            await held.EnsureHeldAsync(cancellationToken);
            await load.CommitAsync(cancellationToken);
        }
        catch when (staging is not null)
        {
            await CleanUpAsync(staging, held);
            throw;
        }

        await PromoteAsync(staging, held, entry, cancellationToken);
        LogCompleted(id, reader.Info.Id, installation.Name, reader.Summary.Rows, reader.Summary.Objects, time.GetElapsedTime(began).TotalSeconds);
        return reader.Summary;
    }

    private async Task<IObjectStaging?> PrepareObjectsAsync(string id, BackupInfo info, RestoreRequest request, CancellationToken cancellationToken)
    {
        if (installation.Transit is { } transit)
        {
            await transit.CheckAsync(cancellationToken);
        }

        if (!info.ObjectsIncluded)
        {
            return null;
        }

        await installation.Objects.CheckAsync(cancellationToken);
        if (!request.Overwrite && await installation.Objects.AnyAsync(cancellationToken))
        {
            throw new EngineException(
                EngineError.TargetNotEmpty,
                $"The target holds objects: {installation.Objects.Description} is not empty. Restore into a new installation, or send " +
                "\"overwrite\": true in config to replace its data.");
        }

        return await installation.Objects.CreateStagingAsync(id, cancellationToken);
    }

    private async Task<DatabaseLoad> LoadAsync(
        ArchiveReader reader, ObjectRestore? objects, RestoreRequest request, CancellationToken cancellationToken)
    {
        var schema = DatabaseJson.ReadSchema(await ReadWholeAsync(reader, ArchiveEntryKind.Schema, cancellationToken));
        var tables = schema.Tables.ToDictionary(table => (table.Schema, table.Name));
        var load = await DatabaseLoad.BeginAsync(
            installation.DataSource, installation.Database with { NotValid = request.NotValid }, schema, request.Overwrite, installation.Encryption.ColumnKey, cancellationToken);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var finishing = Task.FromResult<ExceptionDispatchInfo?>(null);
        try
        {
            EncryptionRules.CheckCovers(schema, load.Schema.TransitKeyOf);
            var noted = LogNotes(load, 0);
            ICopySink sink = new EncryptingCopySink(load, installation.Transit, load.Schema.TransitKeyOf);
            var missing = new HashSet<(string, string)>(tables.Keys);
            var hasSequences = false;
            while (await reader.ReadAsync(stopping.Token) is { } entry)
            {
                switch (entry.Kind)
                {
                    case ArchiveEntryKind.TablePart when !hasSequences:
                        var table = tables.GetValueOrDefault((entry.Schema!, entry.Table!))
                            ?? throw new ArchiveException(
                                ArchiveError.Corrupt, $"The backup has rows of {entry.Schema}.{entry.Table}, a table that its schema.json does not name.");
                        missing.Remove((entry.Schema!, entry.Table!));
                        await CopyPartAsync(entry, table, sink, cancellationToken);
                        break;
                    case ArchiveEntryKind.Sequences when !hasSequences:
                        await load.SetSequencesAsync(DatabaseJson.ReadSequences(await ReadWholeAsync(entry, cancellationToken)), cancellationToken);
                        // Now rather than at the end: keys that do not hold are found before hours of objects are staged. And beside the objects: who
                        // sends the backup, and every proxy on its way, would not wait for indexes with its upload half done.
                        finishing = FinishAsync(load, stopping);
                        hasSequences = true;
                        break;
                    case ArchiveEntryKind.Object when objects is not null:
                        await objects.AddAsync(entry.Object!, entry.Content, stopping.Token);
                        break;
                    default:
                        throw new ArchiveException(ArchiveError.Corrupt, $"The backup's entry '{entry.Path}' is not expected there.");
                }
            }

            if (missing.Count > 0)
            {
                var (name, table) = missing.Min();
                throw new ArchiveException(
                    ArchiveError.Corrupt, $"The backup has no data of {name}.{table}, which its schema.json names ({missing.Count} tables in all).");
            }

            (await finishing)?.Throw();
            LogNotes(load, noted);
            stopping.Token.ThrowIfCancellationRequested();
            return hasSequences ? load : throw new ArchiveException(ArchiveError.Corrupt, "The backup has no database/sequences.json.");
        }
        catch
        {
            await stopping.CancelAsync();
            var cause = await finishing;
            await load.DisposeAsync();

            // Where finishing failed, what is being thrown is only its consequence.
            cause?.Throw();
            throw;
        }
    }

    private int LogNotes(DatabaseLoad load, int from)
    {
        foreach (var note in load.Notes.Skip(from))
        {
            LogNote(installation.Name, note);
        }

        return load.Notes.Count;
    }

    /// <summary>Finishes the load; where that fails, stops everything else and returns why.</summary>
    private static async Task<ExceptionDispatchInfo?> FinishAsync(DatabaseLoad load, CancellationTokenSource stopping)
    {
        try
        {
            await load.FinishAsync(stopping.Token);
            return null;
        }
        catch when (stopping.IsCancellationRequested)
        {
            // Something else failed before.
            return null;
        }
        catch (Exception e)
        {
            await stopping.CancelAsync();
            return ExceptionDispatchInfo.Capture(e);
        }
    }

    private static async Task CopyPartAsync(ArchiveEntry entry, TableSchema table, ICopySink sink, CancellationToken cancellationToken)
    {
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            int read;
            while ((read = await entry.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
            {
                await sink.WriteAsync(table, buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<byte[]> ReadWholeAsync(ArchiveReader reader, ArchiveEntryKind expected, CancellationToken cancellationToken)
    {
        var entry = await reader.ReadAsync(cancellationToken);
        return entry?.Kind == expected
            ? await ReadWholeAsync(entry, cancellationToken)
            : throw new ArchiveException(ArchiveError.Corrupt, $"Expected the backup's {expected} entry next, found '{entry?.Path ?? "its end"}'.");
    }

    private static async Task<byte[]> ReadWholeAsync(ArchiveEntry entry, CancellationToken cancellationToken)
    {
        // The reader has seen to it that this is no more than a document may have; it takes the memory of what is there, not of what its header says.
        var content = new MemoryStream();
        await entry.Content.CopyToAsync(content, cancellationToken);
        return content.ToArray();
    }

    private async Task RecordFailureAsync(string operation, InstallationLock held, Exception failure)
    {
        try
        {
            // Without the lock it would be written over what others write. Whoever has it next settles what is open.
            await held.EnsureHeldAsync(CancellationToken.None);
            await _ledger.RecordFailureAsync(operation, failure is EngineException or ArchiveException ? failure.Message : failure.GetType().Name);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogNotNoted(e, operation, installation.Name);
        }
    }

    private async Task CleanUpAsync(IObjectStaging staging, InstallationLock held)
    {
        try
        {
            // The caller's token may be what ended the restore; the clean-up is owed all the same. Where the commit was sent and its
            // answer lost, this asks PostgreSQL what became of it. Not without the lock, or it might meet another who does the same.
            await staging.DisposeAsync();
            await _recovery.RunAsync(held, CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Not in place of what ended the restore. What is left is invisible to the application, and the recovery of any node deals with it.
            LogCleanUpFailed(e, staging.Id, installation.Name);
        }
    }

    /// <summary>
    /// Goes on after the commit: nothing can take that back, so whatever happens here is to be mended and tried again, and is never the failure
    /// of the restore as a whole. The token ends the waiting, not the work.
    /// </summary>
    private async Task PromoteAsync(
        IObjectStaging? staging, InstallationLock held, RestoreEntry? entry, CancellationToken cancellationToken)
    {
        try
        {
            if (staging is not null)
            {
                await held.RunAsync(staging.PromoteAsync, CancellationToken.None);
            }

            await (entry is null ? Task.CompletedTask : _ledger.PutAsync(entry with { State = RestoreState.Restored }, CancellationToken.None));
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogPromotionFailed(e, staging?.Id ?? entry!.Id, installation.Name);
        }

        // The lock may be what was lost, so it is taken anew: with PostgreSQL just restarted, or by another node that does this already.
        await held.DisposeAsync();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _recovery.RunAsync(CancellationToken.None);
                return;
            }
            catch (EngineException e) when (e.Error == EngineError.Busy)
            {
                // Somebody else does it.
                attempt--;
                await Task.Delay(PromotionPause, time, cancellationToken);
            }
            catch (Exception e) when (e is not OutOfMemoryException && attempt < PromotionAttempts)
            {
                await Task.Delay(PromotionPause, time, cancellationToken);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw new EngineException(
                    (e as EngineException)?.Error ?? EngineError.Unavailable,
                    "The database is restored and committed, but not all of its objects could be put in place: " + e.Message +
                    " They are staged safely, and the service retries until they are in place. Do not start the application before.",
                    e);
            }
        }
    }

    [LoggerMessage(EventId = 1201, Level = LogLevel.Information, Message = "Restore {Id} of backup {Backup} (from {Source}) into {Installation} started")]
    private partial void LogStarted(string id, string backup, string source, string installation);

    [LoggerMessage(EventId = 1202, Level = LogLevel.Information, Message = "Restore {Id} of backup {Backup} into {Installation} completed: {Rows} rows, {Objects} objects, {Seconds:F1} s. Restart the application now")]
    private partial void LogCompleted(string id, string backup, string installation, long rows, long objects, double seconds);

    [LoggerMessage(EventId = 1204, Level = LogLevel.Warning, Message = "Restoring into {Installation}: {Note}")]
    private partial void LogNote(string installation, string note);

    [LoggerMessage(EventId = 1205, Level = LogLevel.Warning, Message = "Restore {Id} into {Installation} is committed, but not all of its objects could be put in place yet; retrying")]
    private partial void LogPromotionFailed(Exception exception, string id, string installation);

    [LoggerMessage(EventId = 1206, Level = LogLevel.Warning, Message = "The outcome of restore operation {Operation} into {Installation} could not be recorded yet")]
    private partial void LogNotNoted(Exception exception, string operation, string installation);

    [LoggerMessage(EventId = 1203, Level = LogLevel.Warning, Message = "The staged objects of restore {Id} into {Installation} could not be promoted or removed yet")]
    private partial void LogCleanUpFailed(Exception exception, string id, string installation);
}
