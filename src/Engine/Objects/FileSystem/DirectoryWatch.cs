using System.Runtime.CompilerServices;

namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>
/// Watches an object directory through <c>inotify</c> from its first listing until its second begins. Each directory is watched before it is read.
/// </summary>
/// <remarks>
/// It does not see what happens on another machine that has the same file system mounted, nor what is made and deleted in a directory so new that it
/// is not watched yet. The system limits watches, and this class their number, for each takes memory.
/// </remarks>
/// <param name="root">The object directory.</param>
/// <param name="exclusions">What is no object of the installation's.</param>
/// <param name="list">Lists; the action is called with the path of each directory, and its keys' beginning, before it is read.</param>
/// <param name="mostDirectories">The number of directories watched at most.</param>
internal sealed class DirectoryWatch(
    string root,
    ObjectExclusions exclusions,
    Func<Action<string, string>?, CancellationToken, IAsyncEnumerable<ObjectInfo>> list,
    int mostDirectories = 50_000) : IObjectWatch
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, string> _prefixes = [];
    private readonly KeySorter _changes = new();
    private Inotify? _inotify;
    private long _number;
    private bool _isMomentNear;

    /// <inheritdoc/>
    public string? Gap { get; private set; }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListBeforeAsync(CancellationToken cancellationToken)
    {
        _inotify = Inotify.TryOpen(out var reason);
        Gap = reason;
        if (_inotify is { } inotify)
        {
            _ = Task.Factory.StartNew(() => Follow(inotify), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        return list(Watch, cancellationToken);
    }

    /// <inheritdoc/>
    public void AwaitMoment()
    {
        lock (_gate)
        {
            ReadAll();
            _isMomentNear = true;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAfterAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ReadAll();
        }

        Stop();
        using var came = Came().GetEnumerator();
        var hasCame = came.MoveNext();
        await foreach (var info in list(null, cancellationToken))
        {
            for (; hasCame && ObjectKey.Compare(came.Current, info.Key) is var order && order <= 0; hasCame = came.MoveNext())
            {
                if (order < 0)
                {
                    yield return new ObjectInfo(came.Current, 0);
                }
            }

            yield return info;
        }

        for (; hasCame; hasCame = came.MoveNext())
        {
            yield return new ObjectInfo(came.Current, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _changes.Dispose();
    }

    private void Stop()
    {
        // Who follows closes it.
        lock (_gate)
        {
            _inotify = null;
        }
    }

    private void Follow(Inotify inotify)
    {
        using var ending = inotify;
        while (true)
        {
            lock (_gate)
            {
                if (_inotify is null)
                {
                    return;
                }

                ReadAll();
            }

            inotify.Wait(LookAgain);
        }
    }

    /// <summary>Begins to watch a directory that is about to be read.</summary>
    private void Watch(string directory, string prefix)
    {
        lock (_gate)
        {
            try
            {
                if (_prefixes.Count >= mostDirectories)
                {
                    Gap ??= $"there are more than {mostDirectories:N0} directories";
                }
                else if (_inotify?.Add(directory) is { } number)
                {
                    _prefixes[number] = prefix;
                }
            }
            catch (IOException e)
            {
                Gap ??= e.Message;
            }
        }
    }

    private void ReadAll()
    {
        try
        {
            while (_inotify?.Read() is { Count: > 0 } changes)
            {
                foreach (var change in changes)
                {
                    Take(change);
                }
            }
        }
        catch (IOException e)
        {
            Gap ??= e.Message;
        }
    }

    private void Take(Inotify.Change change)
    {
        if (change.Kind == Inotify.ChangeKind.NoLongerWatched)
        {
            _prefixes.Remove(change.Directory);
        }
        else if (_prefixes.TryGetValue(change.Directory, out var prefix))
        {
            var key = prefix + change.Name;
            if (change.IsDirectory && change.Kind == Inotify.ChangeKind.Came)
            {
                Enter(key + '/');
            }
            else if (!change.IsDirectory)
            {
                Add(key, isGone: change.Kind == Inotify.ChangeKind.Went);
            }
        }
    }

    /// <summary>Watches a new directory, and takes what came into it before that.</summary>
    private void Enter(string prefix)
    {
        if (prefix == IObjectStore.ReservedPrefix || exclusions.Find(prefix) is not null)
        {
            return;
        }

        var directory = Path.Join(root, prefix);
        Watch(directory, prefix);
        try
        {
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
            {
                if (entry is DirectoryInfo && entry.LinkTarget is null)
                {
                    Enter(prefix + entry.Name + '/');
                }
                else
                {
                    Add(prefix + entry.Name, isGone: false);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone again, or not to be read: then the listing says so.
        }
    }

    private void Add(string key, bool isGone)
    {
        if ((!isGone || !_isMomentNear) && exclusions.Find(key) is null)
        {
            _changes.Add(key, (_number++ << 1) | (isGone ? 1L : 0));
        }
    }

    /// <summary>The keys whose last change before the moment was not their end, in order.</summary>
    private IEnumerable<string> Came()
    {
        (string Key, long Value)? last = null;
        foreach (var change in _changes.Sorted())
        {
            if (last is { } one && one.Key == change.Key)
            {
                last = one.Value > change.Value ? one : change;
                continue;
            }

            if (last is { Value: var value, Key: var key } && (value & 1) == 0)
            {
                yield return key;
            }

            last = change;
        }

        if (last is { } final && (final.Value & 1) == 0)
        {
            yield return final.Key;
        }
    }
}
