using Microsoft.Extensions.Logging;
using TfeBackup.Archive;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Objects.AtRest;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine;

/// <summary>
/// A backup of an installation, in two steps: <see cref="PrepareAsync"/> checks everything that can be checked and fixes the
/// moment the backup shows; <see cref="WriteAsync"/> writes it.
/// </summary>
/// <remarks>
/// The steps are apart because a host that has begun to answer can no longer say why it failed. Until it is disposed, a
/// prepared backup holds the installation's lock (shared with other backups) and a database snapshot.
/// </remarks>
public sealed partial class InstallationBackup : IAsyncDisposable
{
    private readonly Installation _installation;
    private readonly Task<ArchiveKey> _key;
    private readonly InstallationLock _held;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly (ObjectListing Before, ObjectListing After)? _objects;
    private DatabaseSnapshot? _snapshot;

    private InstallationBackup(
        Installation installation,
        BackupInfo info,
        Task<ArchiveKey> key,
        InstallationLock held,
        DatabaseSnapshot snapshot,
        (ObjectListing Before, ObjectListing After)? objects,
        TimeProvider time,
        ILogger logger)
    {
        _installation = installation;
        Info = info;
        _key = key;
        _held = held;
        _snapshot = snapshot;
        _objects = objects;
        _time = time;
        _logger = logger;
    }

    /// <summary>The backup's description of itself.</summary>
    public BackupInfo Info { get; }

    /// <summary>Checks database, objects and Vault, takes the installation's lock and a snapshot of its database.</summary>
    /// <exception cref="EngineException">Something cannot be backed up or does not answer; nothing has been written.</exception>
    public static async Task<InstallationBackup> PrepareAsync(
        Installation installation, BackupRequest request, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(request.Password);

        if (installation.Transit is { } transit)
        {
            await transit.CheckAsync(cancellationToken);
        }

        var recovery = new InstallationRecovery(installation, loggers.CreateLogger<InstallationRecovery>());
        if (!request.SkipObjects)
        {
            await installation.Objects.CheckAsync(cancellationToken);

            // Objects of a restore that was interrupted between its commit and their promotion belong to what the database says.
            await recovery.FinishCommittedAsync(cancellationToken);
        }

        Task<ArchiveKey>? key = null;
        InstallationLock? held = null;
        ObjectListing? before = null;
        ObjectListing? after = null;
        DatabaseSnapshot? snapshot = null;
        using var watch = request.SkipObjects ? null : installation.Objects.Watch();
        try
        {
            held = await InstallationLock.AcquireSharedAsync(installation.DataSource, cancellationToken);

            // It takes a second of one core, and what follows is mostly waiting.
            key = ArchiveKey.CreateAsync(request.Password, request.WorkFactor, cancellationToken);
            if (watch is not null)
            {
                await recovery.RequireConsistentAsync(cancellationToken);

                // What is deleted from here on until the second listing ends is on one of the two, and so is never missing without a word.
                before = await ObjectListing.TakeAsync(installation.Objects, watch.ListBeforeAsync(cancellationToken));
                watch.AwaitMoment();
            }

            snapshot = await DatabaseSnapshot.OpenAsync(
                installation.DataSource, installation.Database, installation.Encryption.ColumnKey, cancellationToken);
            after = watch is null ? null : await ObjectListing.TakeAsync(installation.Objects, watch.ListAfterAsync(cancellationToken));
            await Standby.RequireReadableAsync(installation.DataSource, snapshot.Schema, cancellationToken);

            // Before the first byte, not after it.
            await TryVaultAsync(installation.Transit, snapshot, cancellationToken);
            if (after is not null && installation is { Transit: { } vault, Encryption.ObjectsEncrypted: true })
            {
                var trial = new ObjectTrial();
                await foreach (var listed in after.ReadAsync())
                {
                    trial.Consider(listed);
                }

                await trial.RunAsync(installation.Objects, vault, installation.Encryption, cancellationToken);
            }

            DatabaseJson.Write(snapshot.Schema);
            var info = new BackupInfo
            {
                Id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N"),
                Created = time.GetUtcNow(),
                Installation = installation.Name,
                ProductVersion = installation.ProductVersion,
                PostgresVersion = snapshot.Schema.ServerVersion,
                ObjectsIncluded = !request.SkipObjects,
                ExcludedObjects = request.SkipObjects || installation.Objects.Exclusions.Count == 0 ? null : installation.Objects.Exclusions,
            };
            var backup = new InstallationBackup(
                installation,
                info,
                key,
                held,
                snapshot,
                before is null ? null : (before, after!),
                time,
                loggers.CreateLogger<InstallationBackup>());
            if (snapshot.Schema.Excluded.Count > 0)
            {
                backup.LogLeftOut(info.Id, installation.Name, SchemaComparison.Join(snapshot.Schema.Excluded));
            }

            if (watch?.Gap is { } gap)
            {
                backup.LogGap(info.Id, installation.Objects.Description, gap);
            }

            return backup;
        }
        catch
        {
            _ = key is null ? Task.CompletedTask : ForgetAsync(key);
            before?.Dispose();
            after?.Dispose();
            if (snapshot is not null)
            {
                await snapshot.DisposeAsync();
            }

            if (held is not null)
            {
                await held.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Writes the backup. May be called once.</summary>
    /// <param name="destination">Takes the backup; left open. It reads as a complete backup only if this call succeeds.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="EngineException">Something could not be read. What was written is not a backup.</exception>
    public async Task<ArchiveSummary> WriteAsync(Stream destination, CancellationToken cancellationToken)
    {
        var snapshot = Interlocked.Exchange(ref _snapshot, null) ?? throw new InvalidOperationException("The backup was written already.");
        var began = _time.GetTimestamp();
        LogStarted(Info.Id, _installation.Name, Info.ObjectsIncluded);

        await using var writer = await StartAsync(snapshot, destination, cancellationToken);
        await using (snapshot)
        {
            await WriteDatabaseAsync(writer, snapshot, cancellationToken);
        }

        if (_objects is var (before, after))
        {
            await WriteObjectsAsync(writer, ObjectListing.UnionAsync(before, after), cancellationToken);
        }

        // A restore elsewhere in the cluster may have begun after the lock was lost; then objects and rows are not of one moment.
        await _held.EnsureHeldAsync(cancellationToken);
        var summary = await writer.CompleteAsync(cancellationToken);
        LogCompleted(Info.Id, _installation.Name, summary.Rows, summary.Objects, summary.Vanished, _time.GetElapsedTime(began).TotalSeconds);
        return summary;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _snapshot, null) is { } snapshot)
        {
            await snapshot.DisposeAsync();
        }

        await ForgetAsync(_key);
        _objects?.Before.Dispose();
        _objects?.After.Dispose();
        await _held.DisposeAsync();
    }

    private static async Task ForgetAsync(Task<ArchiveKey> making)
    {
        await ((Task)making).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (making.IsCompletedSuccessfully)
        {
            (await making).Dispose();
        }
    }

    /// <summary>Has Vault decrypt a value of each column, as it may serve the token and refuse a key, or be another installation's.</summary>
    private static async Task TryVaultAsync(TransitClient? transit, DatabaseSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (transit is null)
        {
            return;
        }

        foreach (var samples in (await snapshot.FindCiphertextsAsync(cancellationToken)).GroupBy(static sample => sample.TransitKey))
        {
            var results = await transit.DecryptAsync(samples.Key, [.. samples.Select(static sample => sample.Ciphertext)], cancellationToken);
            if (samples.Zip(results).FirstOrDefault(static pair => pair.Second.Error is not null) is ({ } sample, { } result))
            {
                throw new EngineException(
                    EngineError.CorruptSource,
                    $"Vault cannot decrypt values of {sample.Column} (key '{samples.Key}': {result.Error}). Check that Vault:Address is this installation's Vault and that the key is the column's, or restore the key version.");
            }
        }
    }

    private async Task<ArchiveWriter> StartAsync(DatabaseSnapshot snapshot, Stream destination, CancellationToken cancellationToken)
    {
        try
        {
            return await ArchiveWriter.CreateAsync(destination, await _key.WaitAsync(cancellationToken), Info, null, cancellationToken);
        }
        catch
        {
            await snapshot.DisposeAsync();
            throw;
        }
    }

    private async Task WriteDatabaseAsync(ArchiveWriter writer, DatabaseSnapshot snapshot, CancellationToken cancellationToken)
    {
        await writer.WriteSchemaAsync(DatabaseJson.Write(snapshot.Schema), cancellationToken);
        var counts = new DecryptionCounts();
        counts.Add(snapshot.Schema);

        using var parts = new ArchiveParts(writer);
        await snapshot.CopyTablesAsync(
            () => _installation.Transit is { } transit ? new DecryptingCopySink(parts.NewSink(), transit, counts) : parts.NewSink(), cancellationToken);
        await parts.WriteEmptyTablesAsync(snapshot.Schema, cancellationToken);
        var (broken, uncheckable) = await snapshot.FindBrokenAsync(cancellationToken);

        var sequences = await snapshot.ReadSequencesAsync(cancellationToken);
        await writer.WriteSequencesAsync(DatabaseJson.Write(sequences), cancellationToken);
        if (uncheckable.Count > 0)
        {
            LogUnchecked(Info.Id, SchemaComparison.Join(uncheckable));
        }

        foreach (var constraint in broken)
        {
            LogBroken(Info.Id, constraint);
            await writer.WriteBrokenAsync(constraint, cancellationToken);
        }

        foreach (var (table, column, decrypted, plain) in counts.Columns)
        {
            await writer.WriteColumnAsync(new ArchiveColumn($"{table}.{column}", decrypted, plain), cancellationToken);
            if (decrypted == 0 && plain > 0)
            {
                LogPlain(Info.Id, $"{table}.{column}", plain);
            }
        }
    }

    private async Task WriteObjectsAsync(ArchiveWriter writer, IAsyncEnumerable<ObjectInfo> listing, CancellationToken cancellationToken)
    {
        var source = new ObjectSource(_installation.Objects, _installation.Transit, _installation.Encryption);
        await foreach (var item in source.ReadAllAsync(listing, cancellationToken))
        {
            await using (item)
            {
                if (item.Header is { } header)
                {
                    await writer.WriteObjectAsync(header, item.Content, cancellationToken, item.Changed);
                    if (item.Changed())
                    {
                        LogChanged(item.Key, Info.Id);
                    }
                }
                else
                {
                    LogVanished(item.Key, Info.Id);
                    await writer.WriteVanishedAsync(item.Key, cancellationToken);
                }
            }
        }
    }

    [LoggerMessage(EventId = 1101, Level = LogLevel.Information, Message = "Backup {Id} of {Installation} started (objects included: {Objects})")]
    private partial void LogStarted(string id, string installation, bool objects);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information, Message = "Backup {Id} of {Installation} completed: {Rows} rows, {Objects} objects, {Vanished} vanished while it ran, {Seconds:F1} s")]
    private partial void LogCompleted(string id, string installation, long rows, long objects, long vanished, double seconds);

    [LoggerMessage(EventId = 1106, Level = LogLevel.Warning, Message = "Backup {Id}: rows break {Constraint} although the database says it is valid. Repair them; a restore of this backup must name that constraint in \"not_valid\", which is impossible for a UNIQUE one")]
    private partial void LogBroken(string id, string constraint);

    [LoggerMessage(EventId = 1107, Level = LogLevel.Warning, Message = "Backup {Id}: the rows could not be checked against {Constraints}: PostgreSQL refused. A restore will check them")]
    private partial void LogUnchecked(string id, string constraints);

    [LoggerMessage(EventId = 1105, Level = LogLevel.Warning, Message = "Backup {Id}: the column {Column} is declared encrypted, but none of its {Values} values holds Vault ciphertext. Check Vault:App and Vault:Columns")]
    private partial void LogPlain(string id, string column, long values);

    [LoggerMessage(EventId = 1104, Level = LogLevel.Information, Message = "Backup {Id} of {Installation} excludes, by settings or as storage of an extension or Vault: {Relations}")]
    private partial void LogLeftOut(string id, string installation, string relations);

    [LoggerMessage(EventId = 1109, Level = LogLevel.Warning, Message = "Backup {Id}: objects that were made and deleted again while {Store} was listed may be missing without a record: {Reason}")]
    private partial void LogGap(string id, string store, string reason);

    [LoggerMessage(EventId = 1108, Level = LogLevel.Warning, Message = "The object '{Key}' was written to while backup {Id} read it; the backup has it at the length it was opened with, and marks it")]
    private partial void LogChanged(string key, string id);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Warning, Message = "The object '{Key}' vanished while backup {Id} ran; the backup lists it as vanished")]
    private partial void LogVanished(string key, string id);
}
