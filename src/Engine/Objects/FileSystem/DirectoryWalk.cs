using System.IO.Enumeration;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// Walks an object directory in the order of the keys' UTF-8 bytes. Each directory is sorted when it is reached, its
/// subdirectories with the slash that follows them in every key; so <c>a-b</c> comes before <c>a/b</c>, and only the
/// directories above the current one are in memory.
/// </summary>
internal static class DirectoryWalk
{
    // What .NET makes of bytes that are not UTF-8.
    private const char Replacement = '\uFFFD';

    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>Every object below <paramref name="root"/>; stops at the first thing there that is none.</summary>
    public static IEnumerable<ObjectInfo> Walk(string root, string description, CancellationToken cancellationToken)
    {
        Stack<Level> levels = new();
        try
        {
            Enter(levels, root, "", description);
            string last = "";
            while (levels.TryPeek(out Level? level))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!level.Names.MoveNext())
                {
                    level.Dispose();
                    levels.Pop();
                    continue;
                }

                string name = level.Names.Current.Key;
                string key = level.Prefix + name;
                if (key == IObjectStore.ReservedPrefix)
                {
                    continue;
                }

                string path = Path.Join(root, key);
                FileFacts? facts = Look(path, key, description);
                if (name.Contains(Replacement) && (facts is null || key == last))
                {
                    throw ObjectErrors.Unreadable(description, key, "has a name that is not valid UTF-8; rename it");
                }

                last = key;
                switch (facts?.Kind)
                {
                    case FileKind.File when key == IObjectStore.ReservedPrefix.TrimEnd('/'):
                        throw ObjectErrors.Unreadable(description, key, "is a file where restores need a directory; remove it");
                    case FileKind.File when !key.EndsWith('/'):
                        yield return new ObjectInfo(key, facts.Value.Length);
                        break;
                    case FileKind.Directory when key.EndsWith('/'):
                        Enter(levels, root, key, description);
                        break;
                    case FileKind.Link:
                        throw ObjectErrors.Unreadable(
                            description, key.TrimEnd('/'), "is a symbolic link; objects are files: replace it by what it leads to, or remove it");
                    case FileKind.Other:
                        throw ObjectErrors.Unreadable(description, key, "is a pipe, socket or device; objects are files: remove it");
                    default:
                        // Gone, or become something else, since the directory was read.
                        break;
                }
            }
        }
        finally
        {
            while (levels.TryPop(out Level? level))
            {
                level.Dispose();
            }
        }
    }

    private static FileFacts? Look(string path, string key, string description)
    {
        try
        {
            return Posix.Look(path.TrimEnd('/'));
        }
        catch (IOException e)
        {
            throw new EngineException(EngineError.Unavailable, $"{description}: {ObjectKey.Quote(key)} cannot be looked at: {e.Message}", e);
        }
    }

    private static void Enter(Stack<Level> levels, string root, string prefix, string description)
    {
        KeySorter sorter = new();
        try
        {
            foreach (string name in new FileSystemEnumerable<string>(
                Path.Join(root, prefix),
                static (ref FileSystemEntry entry) => IsDirectory(entry) ? $"{entry.FileName}/" : entry.FileName.ToString(),
                Everything))
            {
                sorter.Add(name, 0);
            }
        }
        catch (DirectoryNotFoundException) when (prefix.Length > 0)
        {
            // Removed since its parent was read, and with it all its objects.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            sorter.Dispose();
            throw new EngineException(
                EngineError.Unavailable,
                prefix.Length == 0 ? $"{description} cannot be listed: {e.Message}" : $"{description}: the directory {ObjectKey.Quote(prefix)} cannot be listed: {e.Message}",
                e);
        }

        levels.Push(new Level(prefix, sorter, sorter.Sorted().GetEnumerator()));
    }

    // A link to a directory is not one.
    private static bool IsDirectory(in FileSystemEntry entry) =>
        entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) == 0;

    private sealed record Level(string Prefix, KeySorter Sorter, IEnumerator<(string Key, long Value)> Names) : IDisposable
    {
        public void Dispose()
        {
            Names.Dispose();
            Sorter.Dispose();
        }
    }
}
