namespace TfeBackup.Engine.Objects;

/// <summary>One object in a listing.</summary>
/// <param name="Key">Its key; of a thing that is no object, such as a link or a directory that cannot be listed, where it is.</param>
/// <param name="Length">Its length in bytes as listed; it may have changed since.</param>
public readonly record struct ObjectInfo(string Key, long Length)
{
    /// <summary>Why it cannot be carried, and what to do, to follow its name: <c>is a symbolic link; …</c>. Null if it can.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether the store's settings leave it out: it is neither carried nor replaced nor deleted.</summary>
    public bool Excluded { get; init; }
}
