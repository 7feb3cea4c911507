namespace TfeBackup.Engine.Objects;

/// <summary>Checks the sequence of staged keys: valid, ascending, and no file that is also a directory.</summary>
/// <param name="store">The store's description.</param>
/// <param name="filesAndDirectories">True if <c>a</c> and <c>a/b</c> exclude each other there.</param>
internal sealed class StagedKeys(string store, bool filesAndDirectories)
{
    // Earlier keys that this one begins with. All keys with a common beginning follow each other, so no more is needed.
    private readonly Stack<string> _beginnings = new();
    private string? _last;

    /// <summary>Takes the next key, or stops at it.</summary>
    public void Accept(string key)
    {
        ObjectKey.Check(key);
        if (_last is not null && ObjectKey.Compare(_last, key) >= 0)
        {
            throw new InvalidOperationException(
                $"Objects are staged in ascending order of their keys, but {ObjectKey.Quote(key)} follows {ObjectKey.Quote(_last)}.");
        }

        _last = key;
        if (!filesAndDirectories)
        {
            return;
        }

        while (_beginnings.TryPeek(out var beginning) && !key.StartsWith(beginning, StringComparison.Ordinal))
        {
            _beginnings.Pop();
        }

        foreach (var beginning in _beginnings)
        {
            if (key[beginning.Length] == '/')
            {
                throw ObjectErrors.CannotHold(store, key, $"there is an object {ObjectKey.Quote(beginning)}; a file cannot also be a directory");
            }
        }

        _beginnings.Push(key);
    }
}
