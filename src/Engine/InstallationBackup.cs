using Microsoft.Extensions.Logging;
using TfeBackup.Archive;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
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
    private readonly BackupRequest _request;
    private readonly InstallationLock _held;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private DatabaseSnapshot? _snapshot;

    private InstallationBackup(
        Installation installation, BackupRequest request, BackupInfo info, InstallationLock held, DatabaseSnapshot snapshot, TimeProvider time, ILogger logger)
    {
        _installation = installation;
        _request = request;
        Info = info;
        _held = held;
        _snapshot = snapshot;
        _time = time;
        _logger = logger;
    }

    /// <summary>What the backup says of itself.</summary>
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

        if (!request.SkipObjects)
        {
            await installation.Objects.CheckAsync(cancellationToken);
            // Objects of a restore that was interrupted between its commit and their promotion belong to what the database says.
            await new InstallationRecovery(installation, loggers.CreateLogger<InstallationRecovery>()).RunAsync(cancellationToken);
        }

        var held = await InstallationLock.AcquireSharedAsync(installation.DataSource, cancellationToken);
        try
        {
            var snapshot = await DatabaseSnapshot.OpenAsync(
                installation.DataSource, installation.Database, installation.Encryption.ColumnKey, cancellationToken);
            try
            {
                // Before the first byte, not after it.
                DatabaseJson.Write(snapshot.Schema);
            }
            catch
            {
                await snapshot.DisposeAsync();
                throw;
            }

            var info = new BackupInfo
            {
                Id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N"),
                Created = time.GetUtcNow(),
                Installation = installation.Name,
                ProductVersion = installation.ProductVersion,
                PostgresVersion = snapshot.Schema.ServerVersion,
                ObjectsIncluded = !request.SkipObjects,
            };
            return new InstallationBackup(installation, request, info, held, snapshot, time, loggers.CreateLogger<InstallationBackup>());
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the backup. May be called once.</summary>
    /// <param name="destination">Where to; left open. It reads as a complete backup only if this call succeeds.</param>
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

        if (Info.ObjectsIncluded)
        {
            await WriteObjectsAsync(writer, cancellationToken);
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

        await _held.DisposeAsync();
    }

    private async Task<ArchiveWriter> StartAsync(DatabaseSnapshot snapshot, Stream destination, CancellationToken cancellationToken)
    {
        try
        {
            return await ArchiveWriter.CreateAsync(destination, _request.Password, Info, null, cancellationToken);
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

        using var parts = new ArchiveParts(writer);
        await snapshot.CopyTablesAsync(
            () => _installation.Transit is { } transit ? new DecryptingCopySink(parts.NewSink(), transit) : parts.NewSink(), cancellationToken);
        await parts.WriteEmptyTablesAsync(snapshot.Schema, cancellationToken);

        var sequences = await snapshot.ReadSequencesAsync(cancellationToken);
        await writer.WriteSequencesAsync(DatabaseJson.Write(sequences), cancellationToken);
    }

    private async Task WriteObjectsAsync(ArchiveWriter writer, CancellationToken cancellationToken)
    {
        var source = new ObjectSource(_installation.Objects, _installation.Transit, _installation.Encryption);
        await foreach (var item in source.ReadAllAsync(cancellationToken))
        {
            await using (item)
            {
                if (item.Header is { } header)
                {
                    await writer.WriteObjectAsync(header, item.Content, cancellationToken);
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

    [LoggerMessage(EventId = 1103, Level = LogLevel.Warning, Message = "The object '{Key}' vanished while backup {Id} ran; the backup lists it as such")]
    private partial void LogVanished(string key, string id);
}
