using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using TfeBackup.Archive.Buffers;
using TfeBackup.Engine.Objects.FileSystem;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// Objects as files below a directory, a key being the path from there (<c>Mounted Disk</c>). Content types and metadata are
/// not kept. Symbolic links and special files are never followed or opened.
/// </summary>
/// <remarks>
/// Restores stage below <c>.tfe-backup/</c> in the directory, on the same file system unless a part of the tree is a mount of
/// its own. What they create has the permissions of the directory (files without the right to execute) and, when this
/// process runs as root, its owner.
/// </remarks>
internal sealed class DirectoryObjectStore : IObjectStore
{
    private readonly string _root;
    private readonly ObjectExclusions _exclusions;

    /// <summary>Creates the store; nothing is touched yet.</summary>
    /// <param name="path">The directory; may itself be, or be behind, a symbolic link.</param>
    /// <param name="exclusions">Names to leave out: keys, or beginnings of keys that end in a slash.</param>
    public DirectoryObjectStore(string path, IReadOnlyList<string>? exclusions = null)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _exclusions = new ObjectExclusions(exclusions ?? []);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Exclusions => _exclusions.Names;

    /// <inheritdoc/>
    public string Description => $"the object directory {_root}";

    /// <summary>Is called before each step that changes the store, so that tests can end the process, as it were, at any of them.</summary>
    internal Action<string>? BeforeStep { get; init; }

    /// <inheritdoc/>
    public long? FindFreeBytes() => SpoolFile.FindFreeBytes(_root);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (!Directory.Exists(_root))
            {
                throw new EngineException(
                    EngineError.Unavailable,
                    $"{Description} does not exist or is not a directory: mount it, create it, or correct ObjectStore:Path.");
            }

            using var entries = Directory.EnumerateFileSystemEntries(_root).GetEnumerator();
            entries.MoveNext();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineError.Unavailable, $"{Description} cannot be listed: {e.Message}", e);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        return await ListAsync(cancellationToken).AnyAsync(static info => !info.Excluded, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(CancellationToken cancellationToken) => ListAsync(null, cancellationToken);

    /// <inheritdoc/>
    public IObjectWatch Watch() => new DirectoryWatch(_root, _exclusions, ListAsync);

    private async IAsyncEnumerable<ObjectInfo> ListAsync(Action<string, string>? entering, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The walk blocks in the file system; the caller is not to.
        using var walk = DirectoryWalk.Walk(_root, Description, _exclusions, cancellationToken, entering).Select(Readable).GetEnumerator();
        while (await Task.Run(() => NextBatch(walk), cancellationToken) is { Count: > 0 } batch)
        {
            foreach (var item in batch)
            {
                yield return item;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ObjectContent?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        return ObjectKey.IsPath(key)
            ? await Task.Run(() => Open(key), cancellationToken)
            : throw ObjectErrors.Unreadable(Description, key, "is not a path below it");
    }

    /// <inheritdoc/>
    public Task<IObjectStaging> CreateStagingAsync(string id, CancellationToken cancellationToken)
    {
        StagingId.Check(id);
        return Task.Run<IObjectStaging>(
            () =>
            {
                var permissions = new DirectoryPermissions(_root, Description, _exclusions);
                permissions.Check(cancellationToken);
                return DirectoryObjectStaging.Create(_root, Description, id, permissions, BeforeStep);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<IObjectStaging>> FindStagingsAsync(CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyList<IObjectStaging>>(
            () => DirectoryObjectStaging.FindAll(_root, Description, new DirectoryPermissions(_root, Description, _exclusions), BeforeStep), cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]?> ReadLedgerAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(LedgerPath, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineError.Unavailable, $"{Description}: the list of restores cannot be read: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public Task WriteLedgerAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                StagingArea area = new(_root);
                var folder = Path.GetDirectoryName(LedgerPath)!;
                if (Posix.Look(folder) is null)
                {
                    area.CreateDirectory(folder);
                }

                var draft = LedgerPath + ".new";
                File.Delete(draft);
                using (var file = area.CreateFile(draft))
                {
                    file.Write(content.Span);
                    file.Flush(flushToDisk: true);
                }

                File.Move(draft, LedgerPath, overwrite: true);
                Posix.SyncFileSystem(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new EngineException(EngineError.Unavailable, $"{Description}: the list of restores cannot be written: {e.Message}", e);
            }
        },
        cancellationToken);

    private string LedgerPath => Path.Join(_root, IObjectStore.ReservedPrefix, "restores.json");

    private ObjectInfo Readable(DirectoryWalk.WalkedObject walked) =>
        walked.Info is { Problem: null, Excluded: false } && Posix.CannotRead(Path.Join(_root, walked.Info.Key), walked.Facts) is { } why
            ? walked.Info with { Problem = $"is not readable by this service ({why}); grant it read access" }
            : walked.Info;

    private static List<ObjectInfo> NextBatch(IEnumerator<ObjectInfo> walk)
    {
        const int batchSize = 256;
        List<ObjectInfo> batch = new(batchSize);
        while (batch.Count < batchSize && walk.MoveNext())
        {
            batch.Add(walk.Current);
        }

        return batch;
    }

    private ObjectContent? Open(string key)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = Posix.OpenBeneath(_root, key);
            if (handle is null)
            {
                return null;
            }

            var path = Path.Join(_root, key);
            var facts = Posix.Look(handle, path);
            if (facts.Kind == FileKind.Directory)
            {
                handle.Dispose();
                return null;
            }

            if (facts.Kind != FileKind.File)
            {
                throw ObjectErrors.Unreadable(Description, key, "is a pipe, socket or device; objects are files: remove it");
            }

            // The file is read as it is, up to the length it has now; only its end tells whether somebody wrote to it meanwhile.
            var opened = handle;
            var changed = false;
            Stream stream = new ExactLengthStream(
                new HandleStream(opened),
                facts.Length,
                how => ObjectErrors.Changed(Description, key, how),
                () =>
                {
                    var now = Posix.Look(opened, path);
                    changed = now.Modified != facts.Modified || now.Length != facts.Length;
                },
                e => e is IOException ? new EngineException(EngineError.Unavailable, $"The object {ObjectKey.Quote(key)} of {Description} cannot be read: {e.Message}", e) : null)
            { IgnoresRest = true };
            handle = null;
            return new ObjectContent(new ObjectHeader(key, facts.Length), stream) { Changed = () => changed };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw e.HResult == Posix.TooManyLinks
                ? ObjectErrors.Unreadable(Description, key, "is, or is behind, a symbolic link; objects are files: replace it with its target, or remove it")
                : new EngineException(EngineError.Unavailable, $"The object {ObjectKey.Quote(key)} of {Description} cannot be opened: {e.Message}", e);
        }
        finally
        {
            handle?.Dispose();
        }
    }
}
