using System.Buffers;
using System.Text;
using TfeBackup.Engine.Objects.FileSystem;

namespace TfeBackup.Engine.Objects;

/// <summary>A staging of a <see cref="DirectoryObjectStore"/>.</summary>
/// <remarks>
/// <para>
/// <c>.tfe-backup/&lt;id&gt;/objects/</c> is the tree as it is to be, so whatever the file system cannot hold, be it a long name or
/// two names that it takes for one, fails while it is staged. <c>index</c> lists the keys, and <c>sealed</c>, written last,
/// holds the commit token.
/// </para>
/// <para>
/// Promotion renames whole directories where the store has none of that name, and other files one by one in the order of the
/// index; a file that is not in the staging any more has been renamed before. Then everything that the index does not list is deleted, and only when all that is durable <c>sealed</c> goes, and
/// the rest of the staging after it. A crash anywhere leaves either a sealed staging, to promote again, or one that is only
/// rubbish, to discard.
/// </para>
/// </remarks>
internal sealed class DirectoryObjectStaging : IObjectStaging
{
    private const int LongestName = 255;
    private const int LongestPath = 4095;
    private const int CopyBuffer = 128 << 10;
    private const int IndexBuffer = 64 << 10;

    // A file of its own is made beside the reading of the next ones, where it is no longer than this.
    private const int SmallObject = 256 << 10;
    private const int WritersAtOnce = 4;

    private readonly string _root;
    private readonly string _store;
    private readonly string _folder;
    private readonly DirectoryPermissions _permissions;
    private readonly Action<string>? _beforeStep;
    private readonly StagedKeys _keys;
    private StagingSeal? _seal;
    private StagingArea? _area;
    private readonly SideBySide _writers = new(WritersAtOnce);
    private FileStream? _indexFile;
    private BufferedStream? _index;
    private string _lastParent = "";
    private long _objects;
    private bool _broken;

    private DirectoryObjectStaging(string root, string store, string id, DirectoryPermissions permissions, Action<string>? beforeStep)
    {
        (_root, _store, Id, _permissions, _beforeStep) = (root, store, id, permissions, beforeStep);
        _folder = Path.Join(Area(root), id);
        _keys = new StagedKeys(store, filesAndDirectories: true);
    }

    public string Id { get; }

    public string? CommitToken => _seal?.CommitToken;

    private string ObjectsPath => Path.Join(_folder, "objects");

    private string IndexPath => Path.Join(_folder, "index");

    private string SealPath => Path.Join(_folder, "sealed");

    public static DirectoryObjectStaging Create(
        string root, string store, string id, DirectoryPermissions permissions, Action<string>? beforeStep)
    {
        DirectoryObjectStaging staging = new(root, store, id, permissions, beforeStep);
        try
        {
            staging._area = new StagingArea(root);
            if (Posix.Look(staging._folder) is not null)
            {
                throw new InvalidOperationException($"{store} has a staging '{id}' already.");
            }

            if (Posix.Look(Area(root)) is null)
            {
                staging._area.CreateDirectory(Area(root));
            }

            staging._area.CreateDirectory(staging._folder);
            staging._area.CreateDirectory(staging.ObjectsPath);
            staging._indexFile = staging._area.CreateFile(staging.IndexPath);
            staging._index = new BufferedStream(staging._indexFile, IndexBuffer);
            return staging;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw staging.Failed("a restore cannot be staged", e);
        }
    }

    public static List<IObjectStaging> FindAll(string root, string store, DirectoryPermissions permissions, Action<string>? beforeStep)
    {
        try
        {
            if (Posix.Look(Area(root)) is not { } area)
            {
                return [];
            }

            if (area.Kind != FileKind.Directory)
            {
                throw ObjectErrors.Unreadable(store, ".tfe-backup", "must be a directory for restores; remove it");
            }

            List<IObjectStaging> found = [];
            foreach (var folder in Directory.EnumerateDirectories(Area(root)).Order(StringComparer.Ordinal))
            {
                var id = Path.GetFileName(folder);
                if (StagingId.IsValid(id) && Posix.Look(folder)?.Kind == FileKind.Directory)
                {
                    DirectoryObjectStaging staging = new(root, store, id, permissions, beforeStep);
                    if (File.Exists(staging.SealPath))
                    {
                        staging._seal = StagingSeal.FromJson(File.ReadAllBytes(staging.SealPath), staging.SealPath);
                    }

                    found.Add(staging);
                }
            }

            return found;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineError.Unavailable, $"{store}: the stagings of earlier restores cannot be read: {e.Message}", e);
        }
    }

    public async Task AddAsync(ObjectHeader header, Stream content, CancellationToken cancellationToken)
    {
        var index = _index is not null && !_broken
            ? _index
            : throw new InvalidOperationException($"The staging '{Id}' is sealed and takes no more objects.");
        _keys.Accept(header.Key);
        CheckFits(header.Key);

        // From here on a failure leaves a part of an object.
        _broken = true;
        ExactLengthStream source = new(
            content, header.Length,
            how => new InvalidDataException($"The content of {ObjectKey.Quote(header.Key)} has the wrong length: {how}."));
        await (header.Length <= SmallObject
            ? AddSmallAsync(header, source, cancellationToken)
            : AddLargeAsync(header, source, cancellationToken));
        Write(index, StagingIndex.Line(new StagedObject(header.Key, header.Length)), header.Key);
        _objects++;
        _broken = false;
    }

    private async Task AddSmallAsync(ObjectHeader header, ExactLengthStream source, CancellationToken cancellationToken)
    {
        var key = header.Key;
        var length = 0;

        // With room for a byte more, or the end would not be seen.
        var buffer = ArrayPool<byte>.Shared.Rent((int)header.Length + 1);
        var isGiven = false;
        try
        {
            while (await source.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and int count)
            {
                length += count;
            }

            MakeParents(key);
            await _writers.StartAsync(
                () =>
                {
                    try
                    {
                        using var file = CreateFile(key);
                        Write(file, buffer.AsSpan(0, length), key);
                        Finish(file);
                    }
                    finally
                    {
                        ArrayPool<byte>.Shared.Return(buffer);
                    }
                },
                cancellationToken);
            isGiven = true;
        }
        finally
        {
            if (!isGiven)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private async Task AddLargeAsync(ObjectHeader header, ExactLengthStream source, CancellationToken cancellationToken)
    {
        MakeParents(header.Key);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBuffer);
        try
        {
            using var file = CreateFile(header.Key);
            while (await source.ReadAsync(buffer, cancellationToken) is > 0 and int count)
            {
                // A thread of the pool would be asked to do the same.
                Write(file, buffer.AsSpan(0, count), header.Key);
            }

            Finish(file);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Finish(FileStream file)
    {
        if (!Posix.CanSyncFileSystem)
        {
            file.Flush(flushToDisk: true);
        }
    }

    public Task CheckPromotableAsync(CancellationToken cancellationToken) =>
        Task.Run(() => _permissions.Check(cancellationToken), cancellationToken);

    public async Task SealAsync(string commitToken, CancellationToken cancellationToken)
    {
        if (_index is null || _broken)
        {
            throw new InvalidOperationException($"The staging '{Id}' cannot be sealed.");
        }

        try
        {
            await _writers.FinishAsync();
            await _index.FlushAsync(cancellationToken);
            Finish(_indexFile!);
            await _index.DisposeAsync();
            _index = null;
            Posix.SyncFileSystem(_folder);

            // The name appears only with all that the file holds, and with everything before it on disk.
            StagingSeal seal = new(commitToken, _objects);
            await using (var sealing = _area!.CreateFile(SealPath + ".new"))
            {
                await sealing.WriteAsync(seal.ToJson(), cancellationToken);
                sealing.Flush(flushToDisk: true);
            }

            File.Move(SealPath + ".new", SealPath);
            Posix.SyncFileSystem(_folder);
            _seal = seal;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed("the staged objects cannot be made durable", e);
        }
    }

    public async Task PromoteAsync(CancellationToken cancellationToken)
    {
        if (_seal is null)
        {
            throw new InvalidOperationException($"The staging '{Id}' was never sealed, so it can only be discarded.");
        }

        try
        {
            _area ??= new StagingArea(_root);
            _lastParent = "";
            PlaceNewDirectories("");
            await foreach (var staged in ReadIndexAsync(_seal, cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Place(staged);
            }

            await DeleteStaleAsync(_seal, cancellationToken);
            Posix.SyncFileSystem(_root);
            await DiscardAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed("the restored objects cannot be put in place (run it again to continue)", e);
        }
    }

    public async Task DiscardAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        try
        {
            // Without its seal a staging is rubbish, however much of it is left.
            if (File.Exists(SealPath))
            {
                Step("unseal");
                File.Delete(SealPath);
                Posix.SyncFileSystem(_folder);
            }

            if (Directory.Exists(_folder))
            {
                Step("remove the staging");
                await Task.Run(() => Directory.Delete(_folder, recursive: true), cancellationToken);
            }

            Step("remove the staging area");
            RemoveIfEmpty(Area(_root));
            _seal = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed("the staging cannot be removed", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_index is not null)
        {
            // What the index has not written yet is of no use, and writing it may fail.
            await _writers.WaitAsync();
            await _indexFile!.DisposeAsync();
            _index = null;
        }

        _writers.Dispose();
    }

    private static string Area(string root) => Path.Join(root, IObjectStore.ReservedPrefix.TrimEnd('/'));

    private void Step(string what) => _beforeStep?.Invoke(what);

    private void CheckFits(string key)
    {
        if (!ObjectKey.IsPath(key))
        {
            throw ObjectErrors.CannotHold(_store, key, "its name is not a valid file path");
        }

        if (_permissions.Exclusions.Forbids(key) is { } why)
        {
            throw ObjectErrors.CannotHold(_store, key, why);
        }

        if (key.Split('/').FirstOrDefault(s => Encoding.UTF8.GetByteCount(s) > LongestName) is { } name)
        {
            throw ObjectErrors.CannotHold(
                _store, key, $"a part of its name has {Encoding.UTF8.GetByteCount(name)} bytes; file names have at most {LongestName}");
        }

        // The longer of the two paths it will have.
        var length = Encoding.UTF8.GetByteCount(ObjectsPath) + 1 + Encoding.UTF8.GetByteCount(key);
        if (length > LongestPath)
        {
            throw ObjectErrors.CannotHold(_store, key, $"its path would have {length} bytes; paths have at most {LongestPath}");
        }

        if (key == IObjectStore.ReservedPrefix.TrimEnd('/'))
        {
            throw ObjectErrors.CannotHold(_store, key, "restores use a directory of that name");
        }

        _permissions.CheckNew(key);
    }

    private void MakeParents(string key)
    {
        try
        {
            CreateParents(ObjectsPath, key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotStaged(key, e);
        }
    }

    private FileStream CreateFile(string key)
    {
        var path = Path.Join(ObjectsPath, key);
        try
        {
            return _area!.CreateFile(path);
        }
        catch (IOException) when (Posix.Look(path) is not null)
        {
            throw ObjectErrors.CannotHold(_store, key, "this file system does not distinguish its name from an earlier object's");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotStaged(key, e);
        }
    }

    private void Write(Stream file, ReadOnlySpan<byte> data, string key)
    {
        try
        {
            file.Write(data);
        }
        catch (IOException e)
        {
            throw NotStaged(key, e);
        }
    }

    private EngineException NotStaged(string key, Exception e) => Failed($"the object {ObjectKey.Quote(key)} cannot be staged", e);

    /// <summary>Creates the directories of a key below <paramref name="top"/>; a file where one is needed is a stale object.</summary>
    private void CreateParents(string top, string key)
    {
        var end = key.LastIndexOf('/');
        if (end < 0 || _lastParent.AsSpan().SequenceEqual(key.AsSpan(0, end)))
        {
            return;
        }

        for (var slash = key.IndexOf('/'); slash >= 0; slash = key.IndexOf('/', slash + 1))
        {
            var path = Path.Join(top, key.AsSpan(0, slash));
            var kind = Posix.Look(path)?.Kind;
            if (kind == FileKind.File && top == _root)
            {
                Step("delete a stale file in the way");
                RequireSealed();
                File.Delete(path);
                kind = null;
            }

            if (kind is null)
            {
                Step("create a directory");
                _area!.CreateDirectory(path);
            }
            else if (kind != FileKind.Directory)
            {
                throw top == _root
                    ? ObjectErrors.Unreadable(_store, key[..slash], "is neither a file nor a directory; remove it")
                    : ObjectErrors.CannotHold(_store, key, "this file system does not distinguish a part of its name from an earlier object's");
            }
        }

        _lastParent = key[..end];
    }

    /// <summary>Renames the directories of which the store has nothing, with all objects in them.</summary>
    /// <param name="parent">A directory that both have, as the beginning of a path.</param>
    private void PlaceNewDirectories(string parent)
    {
        var staged = Path.Join(ObjectsPath, parent);
        if (!Directory.Exists(staged))
        {
            return;
        }

        foreach (var from in Directory.GetDirectories(staged))
        {
            var relative = Path.Join(parent, Path.GetFileName(from));
            var to = Path.Join(_root, relative);
            switch (Posix.Look(to)?.Kind)
            {
                case null:
                    Step("put a directory in its place");
                    Directory.Move(from, to);
                    break;
                case FileKind.Directory:
                    PlaceNewDirectories(relative);
                    break;
                default:
                    // A stale object, or something else, is dealt with when it is its turn.
                    break;
            }
        }
    }

    private void Place(StagedObject staged)
    {
        var from = Path.Join(ObjectsPath, staged.Key);
        var to = Path.Join(_root, staged.Key);
        if (Posix.Look(from) is null)
        {
            if (Posix.Look(to) is { Kind: FileKind.File } placed && placed.Length == staged.Length)
            {
                return;
            }

            throw new EngineException(
                EngineError.CorruptSource,
                $"{_store}: the object {ObjectKey.Quote(staged.Key)} is neither in the staging '{Id}' nor in place. Restore the backup again.");
        }

        CreateParents(_root, staged.Key);
        if (Posix.Look(to)?.Kind == FileKind.Directory)
        {
            DeleteStaleTree(staged.Key);
        }

        Step("put an object in place");
        File.Move(from, to, overwrite: true);
    }

    /// <summary>A directory where an object is to be holds nothing but stale objects, as no staged key can be below another.</summary>
    private void DeleteStaleTree(string key)
    {
        var path = Path.Join(_root, key);
        foreach ((var stale, _, _) in DirectoryWalk.Walk(path, $"{_store} {ObjectKey.Quote(key)}", new ObjectExclusions([]), CancellationToken.None))
        {
            Step("delete a stale object in the way");
            RequireSealed();
            RequireDeletable(stale with { Key = $"{key}/{stale.Key}" });
            File.Delete(Path.Join(path, stale.Key));
        }

        Step("remove a stale directory in the way");
        RequireSealed();
        Directory.Delete(path, recursive: true);
    }

    private async Task DeleteStaleAsync(StagingSeal seal, CancellationToken cancellationToken)
    {
        var listing =
            DirectoryWalk.Walk(_root, _store, _permissions.Exclusions, cancellationToken).Select(walked => walked.Info).ToAsyncEnumerable();
        await foreach (var key in StagingIndex.StaleAsync(listing, ReadIndexAsync(seal, cancellationToken), cancellationToken))
        {
            Step("delete a stale object");
            RequireSealed();
            File.Delete(Path.Join(_root, key));
            for (var slash = key.LastIndexOf('/'); slash > 0; slash = key.LastIndexOf('/', slash - 1))
            {
                Step("remove an empty directory");
                if (!RemoveIfEmpty(Path.Join(_root, key.AsSpan(0, slash))))
                {
                    break;
                }
            }
        }
    }

    /// <summary>
    /// Whoever lost the lock without having noticed yet must not delete what came after another has finished this promotion. What he would still put in
    /// its place is not in the staging any more; what he would delete may be somebody's new object.
    /// </summary>
    private void RequireSealed()
    {
        if (!File.Exists(SealPath))
        {
            throw new EngineException(EngineError.Unavailable, $"{_store}: the staging '{Id}' was finished by somebody else meanwhile.");
        }
    }

    private void RequireDeletable(ObjectInfo stale)
    {
        if (stale.Problem is { } problem)
        {
            throw ObjectErrors.Unreadable(_store, stale.Key, problem);
        }
    }

    private static bool RemoveIfEmpty(string directory)
    {
        try
        {
            if (!Directory.Exists(directory) || Directory.EnumerateFileSystemEntries(directory).Any())
            {
                return false;
            }

            Directory.Delete(directory);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty directory is no object: a mount point, or one in a directory of somebody else, may stay.
            return false;
        }
    }

    private async IAsyncEnumerable<StagedObject> ReadIndexAsync(
        StagingSeal seal, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using FileStream file = new(IndexPath, FileMode.Open, FileAccess.Read, FileShare.Read);
        await foreach (var staged in StagingIndex.ReadAsync(file, seal.Objects, IndexPath, cancellationToken))
        {
            yield return staged;
        }
    }

    private EngineException Failed(string what, Exception e) => new(EngineError.Unavailable, $"{_store}: {what}: {e.Message}", e);
}
