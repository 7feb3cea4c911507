namespace TfeBackup.Engine.Objects;

/// <summary>What a name in a directory can stand for.</summary>
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

/// <summary>What is known of a file without reading it.</summary>
internal readonly record struct FileFacts(FileKind Kind, long Length, uint User, uint Group, DateTime Modified)
{
    /// <summary>Its permissions.</summary>
    public UnixFileMode Mode { get; init; }

    /// <summary>Whether an attribute of the file system (<c>chattr +i</c>, <c>+a</c>) forbids to change, rename or delete it.</summary>
    public bool Immutable { get; init; }
}
