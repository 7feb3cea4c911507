namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>The kind of a directory entry.</summary>
internal enum FileKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link, wherever it leads.</summary>
    Link,

    /// <summary>A pipe, socket or device.</summary>
    Other,
}

/// <summary>The attributes of a file.</summary>
internal readonly record struct FileFacts(FileKind Kind, long Length, uint User, uint Group, DateTime Modified)
{
    /// <summary>Its permissions.</summary>
    public UnixFileMode Mode { get; init; }

    /// <summary>True if an attribute of the file system (<c>chattr +i</c>, <c>+a</c>) forbids to change, rename or delete it.</summary>
    public bool Immutable { get; init; }
}
