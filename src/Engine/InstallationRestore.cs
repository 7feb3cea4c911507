using Microsoft.Extensions.Logging;
using TfeBackup.Archive;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine;

/// <summary>
/// Restores a backup into an installation: all of it, or nothing. Rows go into one transaction and objects into a staging;
/// only when the archive has been proven to its last byte is the transaction committed, and only then do objects move.
/// </summary>
/// <remarks>
/// What can go wrong at which moment: up to the commit, everything rolls back. If the answer to the commit is lost, PostgreSQL
/// is asked for it. After the commit the restore can only go forward: the objects' promotion is repeated by
/// <see cref="InstallationRecovery"/> when this process dies, until it is done.
/// </remarks>
public sealed partial class InstallationRestore(Installation installation, TimeProvider time, ILoggerFactory loggers)
{
    private readonly InstallationRecovery _recovery = new(installation, loggers.CreateLogger<InstallationRecovery>());
    private readonly ILogger _logger = loggers.CreateLogger<InstallationRestore>();

    /// <summary>Restores a backup.</summary>
    /// <param name="backup">The backup, read to its end; need not seek.</param>
    /// <param name="request">Password and whether data may be overwritten.</param>
    /// <param name="cancellationToken">Ends the call early; without effect once the transaction is committed.</param>
    /// <returns>What the archive held.</returns>
    /// <exception cref="ArchiveException">The backup cannot be read: wrong password, damaged, incomplete. The target is untouched.</exception>
    /// <exception cref="EngineException">
    /// The target cannot take it, or a part does not answer. The target is untouched, unless the message says that the commit
    /// was made and the objects are still to follow.
    /// </exception>
    public async Task<ArchiveSummary> RunAsync(Stream backup, RestoreRequest request, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        await using var held = await InstallationLock.AcquireExclusiveAsync(installation.DataSource, cancellationToken);
        await _recovery.RunAsync(held, cancellationToken);

        await using var reader = await ArchiveReader.OpenAsync(backup, request.Password, null, cancellationToken);
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        LogStarted(id, reader.Info.Id, reader.Info.Installation, installation.Name);

        await using var staging = await PrepareObjectsAsync(id, reader.Info, request, cancellationToken);
        var objects = staging is null ? null : new ObjectRestore(staging, installation.Transit, installation.Encryption);
        try
        {
            await using var load = await LoadAsync(reader, objects, request, cancellationToken);
            await held.EnsureHeldAsync(cancellationToken);
            if (objects is not null)
            {
                await objects.SealAsync(await load.GetTransactionIdAsync(cancellationToken), cancellationToken);
            }

            await load.CommitAsync(cancellationToken);
        }
        catch when (staging is not null)
        {
            await CleanUpAsync(staging);
            throw;
        }

        if (staging is not null)
        {
            await PromoteAsync(staging, held);
        }

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
                "\"overwrite\": true in config to replace everything this one holds.");
        }

        return await installation.Objects.CreateStagingAsync(id, cancellationToken);
    }

    private async Task<DatabaseLoad> LoadAsync(
        ArchiveReader reader, ObjectRestore? objects, RestoreRequest request, CancellationToken cancellationToken)
    {
        var schema = DatabaseJson.ReadSchema(await ReadWholeAsync(reader, ArchiveEntryKind.Schema, cancellationToken));
        var tables = schema.Tables.ToDictionary(table => (table.Schema, table.Name));
        var load = await DatabaseLoad.BeginAsync(
            installation.DataSource, installation.Database, schema, request.Overwrite, installation.Encryption.ColumnKey, cancellationToken);
        try
        {
            EncryptionRules.CheckCovers(schema, load.Schema.TransitKeyOf);
            foreach (var note in load.Notes)
            {
                LogNote(installation.Name, note);
            }

            ICopySink sink = new EncryptingCopySink(load, installation.Transit, load.Schema.TransitKeyOf);
            var missing = new HashSet<(string, string)>(tables.Keys);
            var finished = false;
            while (await reader.ReadAsync(cancellationToken) is { } entry)
            {
                switch (entry.Kind)
                {
                    case ArchiveEntryKind.TablePart when !finished:
                        var table = tables.GetValueOrDefault((entry.Schema!, entry.Table!))
                            ?? throw new ArchiveException(
                                ArchiveError.Corrupt, $"The backup has rows of {entry.Schema}.{entry.Table}, a table its schema.json does not name.");
                        missing.Remove((entry.Schema!, entry.Table!));
                        await CopyPartAsync(entry, table, sink, cancellationToken);
                        break;
                    case ArchiveEntryKind.Sequences when !finished:
                        await load.SetSequencesAsync(DatabaseJson.ReadSequences(await ReadWholeAsync(entry, cancellationToken)), cancellationToken);
                        // Here rather than at the end: keys that do not hold are found before hours of objects are staged.
                        await load.FinishAsync(cancellationToken);
                        finished = true;
                        break;
                    case ArchiveEntryKind.Object when objects is not null:
                        await objects.AddAsync(entry.Object!, entry.Content, cancellationToken);
                        break;
                    default:
                        throw new ArchiveException(ArchiveError.Corrupt, $"The backup's entry '{entry.Path}' is not expected there.");
                }
            }

            if (missing.Count > 0)
            {
                var (name, table) = missing.Min();
                throw new ArchiveException(
                    ArchiveError.Corrupt, $"The backup has no data of {name}.{table}, which its schema.json names ({missing.Count} such tables).");
            }

            return finished ? load : throw new ArchiveException(ArchiveError.Corrupt, "The backup has no database/sequences.json.");
        }
        catch
        {
            await load.DisposeAsync();
            throw;
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
            : throw new ArchiveException(ArchiveError.Corrupt, $"The backup was expected to go on with its {expected} entry, found '{entry?.Path ?? "its end"}'.");
    }

    private static async Task<byte[]> ReadWholeAsync(ArchiveEntry entry, CancellationToken cancellationToken)
    {
        // The reader has seen to it that this is no more than a document may have.
        var content = new byte[entry.Size];
        await entry.Content.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    private async Task CleanUpAsync(IObjectStaging staging)
    {
        try
        {
            // The caller's token may be what ended the restore; the clean-up is owed all the same. Where the commit was sent and its
            // answer lost, this asks PostgreSQL what became of it.
            await _recovery.FinishAsync(staging, CancellationToken.None);
        }
        catch (EngineException e)
        {
            // What is left is invisible to the application, and dealt with at the next start, backup or restore.
            LogCleanUpFailed(e, staging.Id, installation.Name);
        }
    }

    private static async Task PromoteAsync(IObjectStaging staging, InstallationLock held)
    {
        try
        {
            await held.EnsureHeldAsync(CancellationToken.None);
            await staging.PromoteAsync(CancellationToken.None);
        }
        catch (EngineException e)
        {
            throw new EngineException(
                e.Error,
                "The database is restored and committed, but its objects could not all be put in place: " + e.Message +
                " They are staged safely; putting them in place goes on when the service starts again, or at the next backup or restore.",
                e);
        }
    }

    [LoggerMessage(EventId = 1201, Level = LogLevel.Information, Message = "Restore {Id} of backup {Backup} (from {Source}) into {Installation} started")]
    private partial void LogStarted(string id, string backup, string source, string installation);

    [LoggerMessage(EventId = 1202, Level = LogLevel.Information, Message = "Restore {Id} of backup {Backup} into {Installation} completed: {Rows} rows, {Objects} objects, {Seconds:F1} s. Restart the application now")]
    private partial void LogCompleted(string id, string backup, string installation, long rows, long objects, double seconds);

    [LoggerMessage(EventId = 1204, Level = LogLevel.Warning, Message = "Restoring into {Installation}: {Note}")]
    private partial void LogNote(string installation, string note);

    [LoggerMessage(EventId = 1203, Level = LogLevel.Warning, Message = "The staged objects of restore {Id} into {Installation} could not be dealt with yet")]
    private partial void LogCleanUpFailed(Exception exception, string id, string installation);
}
