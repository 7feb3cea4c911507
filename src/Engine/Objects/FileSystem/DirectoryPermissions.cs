namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>
/// Finds out whether objects can be replaced, deleted and created in a directory tree, without changing anything there: permissions, attributes,
/// read-only mounts.
/// </summary>
/// <param name="root">The directory.</param>
/// <param name="store">Its description.</param>
/// <param name="exclusions">The objects that are left alone.</param>
internal sealed class DirectoryPermissions(string root, string store, ObjectExclusions exclusions)
{
    private string? _lastParent;

    /// <summary>The objects a promotion leaves alone.</summary>
    public ObjectExclusions Exclusions => exclusions;

    /// <summary>Looks at every object there is, as each is to be replaced or deleted.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>, with the first names.</exception>
    public void Check(CancellationToken cancellationToken)
    {
        ObjectProblems problems = new();
        string? parent = null;
        FileFacts directory = default;
        foreach ((var info, var facts, var itsParent) in DirectoryWalk.Walk(root, store, exclusions, cancellationToken))
        {
            if (info.Excluded)
            {
                continue;
            }

            if (info.Problem is { } problem)
            {
                problems.Add(info.Key, problem);
                continue;
            }

            if (parent != itsParent)
            {
                parent = itsParent;
                directory = Posix.Look(ResolvePath(itsParent)) ?? default;
                if (Posix.CannotChange(ResolvePath(itsParent), directory) is { } why)
                {
                    problems.Add(Name(itsParent), $"is a directory in which this service cannot replace or delete objects ({why})");
                }
            }

            if (facts.Immutable)
            {
                problems.Add(info.Key, "has a file attribute that prevents replacing or deleting it (see lsattr)");
            }
            else if (Posix.IsKeptForOwner(facts, directory))
            {
                problems.Add(info.Key, "belongs to another user, in a directory with the sticky bit");
            }
        }

        problems.Throw(
            $"{store} holds objects that a restore cannot replace",
            "Nothing was changed. Grant this service's user access (preferably run the service as the user who owns the objects), then restore again.");
    }

    /// <summary>Looks whether a new object can be created: whether the last directory on its way that exists takes entries.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>, naming key and directory.</exception>
    public void CheckNew(string key)
    {
        var parent = key[..(key.LastIndexOf('/') + 1)];
        if (parent == _lastParent)
        {
            return;
        }

        _lastParent = parent;
        FileFacts? facts;
        while ((facts = Posix.Look(ResolvePath(parent))) is not { Kind: FileKind.Directory } && parent.Length > 0)
        {
            parent = parent[..(parent.LastIndexOf('/', parent.Length - 2) + 1)];
        }

        if (facts is { } directory && Posix.CannotChange(ResolvePath(parent), directory) is { } why)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"{store} cannot take the object {ObjectKey.Quote(key)}: this service cannot create files in {ObjectKey.Quote(Name(parent))} ({why}).");
        }
    }

    // The root itself may be a link, or be behind one.
    private string ResolvePath(string directory) => directory.Length == 0
        ? new DirectoryInfo(root).ResolveLinkTarget(true)?.FullName ?? root
        : Path.Join(root, directory).TrimEnd('/');

    private static string Name(string directory) => directory.Length == 0 ? "." : directory.TrimEnd('/');
}
