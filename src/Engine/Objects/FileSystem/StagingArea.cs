namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>
/// Creates directories and files that look like the object directory itself: its permissions, and its owner where this
/// process may give files away.
/// </summary>
internal sealed class StagingArea
{
    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Special = UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.StickyBit;

    private readonly uint _user;
    private readonly uint _group;
    private readonly UnixFileMode _directoryMode;
    private readonly UnixFileMode _fileMode;

    public StagingArea(string root)
    {
        var facts = Posix.Look(Path.GetFullPath(new DirectoryInfo(root).ResolveLinkTarget(true)?.FullName ?? root))
            ?? throw new DirectoryNotFoundException(root);
        (_user, _group) = (facts.User, facts.Group);
        if (!OperatingSystem.IsWindows())
        {
            _directoryMode = File.GetUnixFileMode(root);
            _fileMode = _directoryMode & ~(Execute | Special);
        }
    }

    /// <summary>Creates a directory whose parent exists.</summary>
    public void CreateDirectory(string path)
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            // Set afterwards: the process's umask has its say in the mode that a creation asks for.
            File.SetUnixFileMode(path, _directoryMode);
        }

        Posix.ChangeOwner(path, _user, _group);
    }

    /// <summary>Creates a file; fails if the name is taken.</summary>
    public FileStream CreateFile(string path)
    {
        FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file.SafeFileHandle, _fileMode);
            }

            Posix.ChangeOwner(path, _user, _group);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
