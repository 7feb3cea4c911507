namespace DurableTask.Sqlite.Storage;

/// <summary>
/// Shows whether a worker's process lives: a file it keeps locked. The system releases the lock when the process dies, however it dies, so
/// what a killed process left can be taken over at once instead of when its locks run out.
/// </summary>
internal sealed class WorkerFile : IDisposable
{
    private readonly string _folder;
    private readonly FileStream _file;
    private readonly bool _isReliable;

    /// <param name="folder">Where the workers of a database have their files; created if missing.</param>
    /// <param name="worker">The worker's id.</param>
    public WorkerFile(string folder, string worker)
    {
        _folder = folder;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _file = new FileStream(PathOf(worker), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);

        // Without working file locks (disabled or unsupported) every worker would seem dead.
        _isReliable = !CanOpen(PathOf(worker));
    }

    /// <summary>True if it is certain that another worker's process has ended.</summary>
    public bool IsDead(string worker)
    {
        var path = PathOf(worker);
        if (!_isReliable || (File.Exists(path) && !CanOpen(path)))
        {
            return false;
        }

        File.Delete(path);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private string PathOf(string worker) => Path.Combine(_folder, worker + ".lock");

    private static bool CanOpen(string path)
    {
        try
        {
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1).Dispose();
            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
