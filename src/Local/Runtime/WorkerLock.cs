namespace TfeBackup.Local.Runtime;

/// <summary>
/// Shows whether a worker's process lives: a file it keeps locked. The system lets go of the lock when the process dies, however it dies, so
/// what a killed process left can be taken over at once instead of when its lease runs out.
/// </summary>
internal sealed class WorkerLock : IDisposable
{
    private readonly string _folder;
    private readonly FileStream _file;

    public WorkerLock(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        Owner = Guid.NewGuid().ToString("N");
        _file = new FileStream(PathOf(Owner), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);

        // Where locks do nothing (switched off, or a file system without them) every worker would seem dead.
        IsReliable = !CanOpen(PathOf(Owner));
    }

    public string Owner { get; }

    /// <summary>Whether locks work here; where not, only leases tell.</summary>
    public bool IsReliable { get; }

    /// <summary>Whether it is certain that a worker's process has ended.</summary>
    public bool IsDead(string owner)
    {
        if (!IsReliable || owner == Owner)
        {
            return false;
        }

        var path = PathOf(owner);
        if (File.Exists(path) && !CanOpen(path))
        {
            return false;
        }

        File.Delete(path);
        return true;
    }

    public void Dispose() => _file.Dispose();

    private string PathOf(string owner) => Path.Combine(_folder, owner + ".lock");

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
