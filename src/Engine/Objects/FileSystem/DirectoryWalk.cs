using System.IO.Enumeration;

namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>
/// Walks an object directory in the order of the keys' UTF-8 bytes. Each directory is sorted when it is reached, its
/// subdirectories with the slash that follows them in every key; so <c>a-b</c> comes before <c>a/b</c>, and only the
/// directories above the current one are in memory.
/// </summary>
internal static class DirectoryWalk
{
    // What .NET makes of bytes that are not UTF-8.
    private const char Replacement = '\uFFFD';
    private const UnixFileMode GroupOrOthers = (UnixFileMode)0x3F;

    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    // The one directory that file systems make in their root themselves, for what a check finds.
    private const string LostAndFound = "lost+found/";

    /// <summary>
    /// Every object below <paramref name="root"/>, and by name what is there and is none: links, pipes, names that are no text, directories that
    /// cannot be listed.
    /// </summary>
    /// <param name="root">The directory.</param>
    /// <param name="description">The store's description, for messages.</param>
    /// <param name="exclusions">What is left out.</param>
    /// <param name="cancellationToken">Ends the walk early.</param>
    /// <param name="entering">Called with the path of each directory, and the beginning of its keys, before it is read.</param>
    /// <remarks>A file system's own <c>lost+found</c> (of root, for root alone) in <paramref name="root"/> is passed over, as the staging area is.</remarks>
    public static IEnumerable<WalkedObject> Walk(
        string root, string description, ObjectExclusions exclusions, CancellationToken cancellationToken, Action<string, string>? entering = null)
    {
        Stack<Level> levels = new();
        try
        {
            Enter(levels, root, "", description, entering);
            var last = "";
            while (levels.TryPeek(out var level))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!level.Names.MoveNext())
                {
                    level.Dispose();
                    levels.Pop();
                    continue;
                }

                var name = level.Names.Current.Key;
                var key = level.Prefix + name;
                if (key == IObjectStore.ReservedPrefix)
                {
                    continue;
                }

                if (exclusions.Find(key) is not null)
                {
                    yield return new WalkedObject(new ObjectInfo(key, 0) { Excluded = true }, default, level.Prefix);
                    continue;
                }

                var path = Path.Join(root, key);
                var facts = Look(path, key, description);
                var isText = !(name.Contains(Replacement) && (facts is null || key == last));
                last = key;
                var problem = !isText ? "has a name that is not valid UTF-8; rename it" : facts?.Kind switch
                {
                    FileKind.File when key == IObjectStore.ReservedPrefix.TrimEnd('/') => "is a file where restores need a directory; remove it",
                    FileKind.Link => "is a symbolic link; objects are files: replace it with its target, or remove it",
                    FileKind.Other => "is a pipe, socket or device; objects are files: remove it",
                    FileKind.Directory when key.EndsWith('/') && !IsLostAndFound(key, facts.Value) => Enter(levels, path, key, description, entering),
                    _ => null,
                };
                if (problem is not null)
                {
                    yield return new WalkedObject(new ObjectInfo(key.TrimEnd('/'), 0) { Problem = problem }, facts ?? default, level.Prefix);
                }
                else if (facts?.Kind == FileKind.File && !key.EndsWith('/'))
                {
                    yield return new WalkedObject(new ObjectInfo(key, facts.Value.Length), facts.Value, level.Prefix);
                }

                // Else gone, or become something else, since the directory was read; or a directory, whose own names come next.
            }
        }
        finally
        {
            while (levels.TryPop(out var level))
            {
                level.Dispose();
            }
        }
    }

    private static bool IsLostAndFound(string key, FileFacts facts) =>
        key == LostAndFound && facts.User == 0 && (facts.Mode & GroupOrOthers) == 0;

    private static FileFacts? Look(string path, string key, string description)
    {
        try
        {
            return Posix.Look(path.TrimEnd('/'));
        }
        catch (IOException e)
        {
            throw new EngineException(EngineError.Unavailable, $"{description}: {ObjectKey.Quote(key)} cannot be inspected: {e.Message}", e);
        }
    }

    /// <summary>Reads a directory's names; returns the problem if only this directory cannot be read.</summary>
    private static string? Enter(Stack<Level> levels, string path, string prefix, string description, Action<string, string>? entering)
    {
        entering?.Invoke(path, prefix);
        KeySorter sorter = new();
        try
        {
            foreach (var name in new FileSystemEnumerable<string>(
                path,
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
        catch (UnauthorizedAccessException) when (prefix.Length > 0)
        {
            sorter.Dispose();
            return "is a directory that this service cannot list; grant it access, or move the directory elsewhere";
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
        return null;
    }

    // A link to a directory is not one.
    private static bool IsDirectory(in FileSystemEntry entry) =>
        entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) == 0;

    /// <summary>A directory entry that a walk found.</summary>
    /// <param name="Info">The object, or what is none.</param>
    /// <param name="Facts">Its facts.</param>
    /// <param name="Parent">The directory it is in, with its slash; empty for the root.</param>
    internal readonly record struct WalkedObject(ObjectInfo Info, FileFacts Facts, string Parent);

    private sealed record Level(string Prefix, KeySorter Sorter, IEnumerator<(string Key, long Value)> Names) : IDisposable
    {
        public void Dispose()
        {
            Names.Dispose();
            Sorter.Dispose();
        }
    }
}
