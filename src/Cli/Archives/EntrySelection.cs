namespace TfeBackup.Cli.Archives;

/// <summary>The entries that were asked for by path: each a whole path, or a folder and everything below it. None means all.</summary>
internal sealed class EntrySelection(IReadOnlyList<string> paths)
{
    private readonly string[] _paths = [.. paths.Select(path => path.TrimEnd('/'))];
    private readonly HashSet<string> _found = new(StringComparer.Ordinal);

    /// <summary>True if everything was asked for.</summary>
    public bool IsEverything => _paths.Length == 0;

    /// <summary>The paths that have matched nothing.</summary>
    public IEnumerable<string> Missing => _paths.Where(path => !_found.Contains(path));

    /// <summary>Returns true if an entry was asked for.</summary>
    public bool Includes(string entryPath)
    {
        var included = IsEverything;
        foreach (var path in _paths)
        {
            if (entryPath.StartsWith(path, StringComparison.Ordinal) && (entryPath.Length == path.Length || entryPath[path.Length] == '/'))
            {
                _found.Add(path);
                included = true;
            }
        }

        return included;
    }
}
