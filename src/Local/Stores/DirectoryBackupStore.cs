using System.Runtime.CompilerServices;
using TfeBackup.Local.Files;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Local.Stores;

/// <summary>
/// Keeps backups in a directory, in the layout of <see cref="BackupLayout"/>. A file is written under a temporary name beside its
/// place, synchronised, and then named, which never replaces a file; files and folders are for this user alone.
/// </summary>
/// <remarks>The directory must exist: one that is missing is more likely a disk that is not mounted than a new store.</remarks>
public sealed class DirectoryBackupStore : IBackupStore
{
    private const string TemporarySuffix = ".tmp";
    private const int MaxDocument = 1 << 20;

    private readonly string _root;

    /// <summary>Creates the store.</summary>
    /// <param name="path">The directory.</param>
    public DirectoryBackupStore(string path) => _root = Path.GetFullPath(path);

    /// <inheritdoc/>
    public string Description => _root;

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellationToken)
    {
        RequireRoot();
        Do($"list {_root}", () => Directory.EnumerateFileSystemEntries(_root).FirstOrDefault());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<long?> CheckWritableAsync(CancellationToken cancellationToken)
    {
        RequireRoot();
        var path = Path.Combine(_root, $".{Guid.NewGuid():N}{TemporarySuffix}");
        return Task.FromResult<long?>(Do($"write into {_root}", () =>
        {
            using (new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose }))
            {
                return new DriveInfo(_root).AvailableFreeSpace;
            }
        }));
    }

    /// <inheritdoc/>
    public Task<IBackupUpload> BeginUploadAsync(BackupKey key, CancellationToken cancellationToken)
    {
        RequireRoot();
        var path = PathOf(BackupLayout.DataPath(key));
        if (File.Exists(path))
        {
            throw BackupStoreErrors.DataExists(path);
        }

        Do($"write {path}", () =>
        {
            DurableFile.CreateDirectory(Path.GetDirectoryName(path)!);
            return true;
        });
        return Task.FromResult<IBackupUpload>(new DirectoryBackupUpload(TemporaryOf(path), path));
    }

    /// <inheritdoc/>
    public Task<StoredData?> FindDataAsync(BackupKey key, CancellationToken cancellationToken)
    {
        RequireRoot();
        var path = PathOf(BackupLayout.DataPath(key));
        var file = Do($"inspect {path}", () => new FileInfo(path) is { Exists: true } info ? info : null);
        return Task.FromResult(file is null ? null : new StoredData(file.Length, file.LastWriteTimeUtc));
    }

    /// <inheritdoc/>
    public Task<Stream> OpenDataAsync(BackupKey key, long offset, long? length, CancellationToken cancellationToken)
    {
        RequireRoot();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        var path = PathOf(BackupLayout.DataPath(key));
        var file = Do($"read {path}", () => TryOpen(path)) ?? throw BackupStoreErrors.NoData(key, _root);
        if (offset > file.Length)
        {
            file.Dispose();
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{path} has fewer bytes than that.");
        }

        var available = file.Length - offset;
        return Task.FromResult<Stream>(new ExactStream(file, offset, Math.Min(length ?? available, available), path));
    }

    /// <inheritdoc/>
    public async Task PublishAsync(BackupRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var data = await FindDataAsync(record.Key, cancellationToken) ?? throw BackupStoreErrors.NoData(record.Key, _root);
        if (data.Size != record.Size)
        {
            throw BackupStoreErrors.OtherSize(record, data.Size, _root);
        }

        var path = PathOf(BackupLayout.RecordPath(record.Key));
        if (!await TryCreateAsync(path, BackupJson.Write(record), cancellationToken)
            && await FindRecordAsync(record.Key, cancellationToken) != record)
        {
            throw BackupStoreErrors.OtherRecord(record.Key, path);
        }
    }

    /// <inheritdoc/>
    public async Task<BackupRecord?> FindRecordAsync(BackupKey key, CancellationToken cancellationToken)
    {
        RequireRoot();
        var path = PathOf(BackupLayout.RecordPath(key));
        var json = await TryReadAsync(path, cancellationToken);
        if (json is null)
        {
            return null;
        }

        var record = BackupJson.ReadRecord(json, path);
        return record.Key == key
            ? record
            : throw BackupStoreErrors.Misplaced(record, path);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BackupRecord> ListAsync(
        string? installation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var key in ListKeys(installation))
        {
            if (await FindRecordAsync(key, cancellationToken) is { } record)
            {
                yield return record;
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Orphan> ListOrphansAsync(
        string? installation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var key in ListKeys(installation))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await FindOrphanAsync(key) is { } orphan)
            {
                yield return orphan;
            }
        }
    }

    /// <inheritdoc/>
    public async Task AddCheckAsync(BackupKey key, CheckRecord check, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(check);
        RequireRoot();
        if (!File.Exists(PathOf(BackupLayout.RecordPath(key))))
        {
            throw BackupStoreErrors.NotPublished(key, _root);
        }

        var path = PathOf(BackupLayout.CheckPath(key, check.Time));
        Do($"write {path}", () =>
        {
            DurableFile.CreateDirectory(Path.GetDirectoryName(path)!);
            return true;
        });
        if (!await TryCreateAsync(path, BackupJson.Write(check), cancellationToken)
            && await TryReadAsync(path, cancellationToken) is { } existing
            && BackupJson.ReadCheck(existing, path) != check)
        {
            throw BackupStoreErrors.OtherCheck(key, path);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<CheckRecord> ListChecksAsync(
        BackupKey key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireRoot();
        foreach (var name in ListNames(PathOf($"{key}/{BackupLayout.ChecksFolder}"), BackupLayout.IsCheckName))
        {
            var path = PathOf($"{key}/{BackupLayout.ChecksFolder}/{name}");
            if (await TryReadAsync(path, cancellationToken) is { } json)
            {
                yield return BackupJson.ReadCheck(json, path);
            }
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(BackupKey key, CancellationToken cancellationToken)
    {
        RequireRoot();
        var folder = PathOf(key.ToString());
        Do($"delete {folder}", () =>
        {
            if (Directory.Exists(folder))
            {
                Delete(folder);
            }

            return true;
        });
        return Task.CompletedTask;
    }

    private static void Delete(string folder)
    {
        // Delete the record first, durably: a listed backup has its data.
        File.Delete(Path.Combine(folder, BackupLayout.RecordName));
        DurableFile.SyncDirectory(folder);
        var checks = Path.Combine(folder, BackupLayout.ChecksFolder);
        foreach (var name in ListNames(checks, name => BackupLayout.IsCheckName(name) || IsTemporary(name)))
        {
            File.Delete(Path.Combine(checks, name));
        }

        if (Directory.Exists(checks) && !Directory.EnumerateFileSystemEntries(checks).Any())
        {
            Directory.Delete(checks);
        }

        foreach (var name in ListNames(folder, name => name == BackupLayout.DataName || IsTemporary(name)))
        {
            File.Delete(Path.Combine(folder, name));
        }

        // Foreign files stay, and their folder with them.
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
            DurableFile.SyncDirectory(Path.GetDirectoryName(folder)!);
        }
    }

    private static bool IsTemporary(string name) =>
        name.EndsWith(TemporarySuffix, StringComparison.Ordinal)
        && (name.StartsWith(BackupLayout.DataName + ".", StringComparison.Ordinal)
            || name.StartsWith(BackupLayout.RecordName + ".", StringComparison.Ordinal)
            || (name.Split('.') is [var check, "json", _, _] && BackupLayout.IsCheckName(check + ".json")));

    private static string TemporaryOf(string path) => $"{path}.{Guid.NewGuid():N}{TemporarySuffix}";

    private static List<string> ListNames(string folder, Func<string, bool> accept)
    {
        var names = Directory.Exists(folder)
            ? Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Where(accept).ToList()
            : [];
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            // FileShare.Delete: retention may remove it while a reader finishes.
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.Asynchronous,
                BufferSize = 0,
            });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static T Do<T>(string doing, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (FileErrors.IsFromFileSystem(e))
        {
            throw FileErrors.Translate(e, doing);
        }
    }

    private static async Task<bool> TryCreateAsync(string path, byte[] json, CancellationToken cancellationToken)
    {
        var temporary = TemporaryOf(path);
        try
        {
            await using (var file = new FileStream(temporary, DurableFile.CreateOptions()))
            {
                await file.WriteAsync(json, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            return DurableFile.TryMove(temporary, path);
        }
        catch (Exception e) when (FileErrors.IsFromFileSystem(e))
        {
            throw FileErrors.Translate(e, $"write {path}");
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task<byte[]?> TryReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = TryOpen(path);
            if (file is null)
            {
                return null;
            }

            if (file.Length >= MaxDocument)
            {
                throw BackupStoreErrors.TooLong(path);
            }

            var json = new byte[file.Length];
            await file.ReadExactlyAsync(json, cancellationToken);
            return json;
        }
        catch (Exception e) when (FileErrors.IsFromFileSystem(e))
        {
            throw FileErrors.Translate(e, $"read {path}");
        }
    }

    private IEnumerable<BackupKey> ListKeys(string? installation)
    {
        RequireRoot();
        var names = installation is null
            ? Do($"list {_root}", () => ListNames(_root, InstallationName.IsValid))
            : [installation];
        foreach (var name in names)
        {
            foreach (var id in Do($"list {PathOf(name)}", () => ListNames(PathOf(name), BackupKey.IsId)))
            {
                yield return new BackupKey(name, id);
            }
        }
    }

    private Task<Orphan?> FindOrphanAsync(BackupKey key)
    {
        var folder = PathOf(key.ToString());
        return Task.FromResult(Do($"inspect {folder}", () =>
        {
            if (File.Exists(PathOf(BackupLayout.RecordPath(key))))
            {
                return null;
            }

            var files = ListNames(folder, name => name == BackupLayout.DataName || IsTemporary(name))
                .Select(name => new FileInfo(Path.Combine(folder, name)))
                .Where(file => file.Exists)
                .ToList();
            return files.Count == 0
                ? null
                : new Orphan(key, files.Sum(file => file.Length), files.Max(file => (DateTimeOffset)file.LastWriteTimeUtc));
        }));
    }

    private void RequireRoot()
    {
        if (!Directory.Exists(_root))
        {
            throw new OperationException(
                OperationError.InvalidConfiguration,
                $"The store's directory {_root} does not exist. If its disk is not mounted, mount it; for a new store, create the directory.");
        }
    }

    private string PathOf(string layoutPath) => Path.Combine(_root, layoutPath.Replace('/', Path.DirectorySeparatorChar));
}
