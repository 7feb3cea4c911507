namespace TfeBackup.Engine.Objects;

/// <summary>One object in a listing.</summary>
/// <param name="Key">Its key; of a thing that is no object, such as a link or a directory that cannot be listed, where it is.</param>
/// <param name="Length">Its length in bytes as listed; it may have changed since.</param>
public readonly record struct ObjectInfo(string Key, long Length)
{
    /// <summary>The reason it cannot be backed up and what to do, to follow its name: <c>is a symbolic link; …</c>. Null if it can.</summary>
    public string? Problem { get; init; }

    /// <summary>True if the store's settings exclude it: it is neither backed up nor replaced nor deleted.</summary>
    public bool Excluded { get; init; }
}
