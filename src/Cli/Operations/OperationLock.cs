using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Operations;

/// <summary>
/// Tells whether a process of this machine works on an operation: a file beside the histories that it keeps locked. The system lets go of
/// the lock when the process dies, however it dies. It decides what operators are told; that no step is run by two is for the backend to see to.
/// </summary>
internal sealed class OperationLock : IDisposable
{
    private const string Everything = "everything";

    private readonly FileStream _file;

    private OperationLock(FileStream file) => _file = file;

    /// <summary>Takes an operation for this process.</summary>
    /// <returns>Null when another process works on it, or on everything that was scheduled.</returns>
    public static OperationLock? TryTake(string folder, string operationId)
    {
        Directory.CreateDirectory(folder);
        if (IsTakenWithEverything(folder, operationId) || TryOpen(folder, operationId, FileAccess.ReadWrite) is not { } file)
        {
            return null;
        }

        return new OperationLock(file);
    }

    /// <summary>Says that this process works on whatever was scheduled. Several may.</summary>
    public static OperationLock TakeEverything(string folder)
    {
        Directory.CreateDirectory(folder);
        while (true)
        {
            // Refused only for the moment in which somebody asks.
            if (TryOpen(folder, Everything, FileAccess.Read) is { } file)
            {
                return new OperationLock(file);
            }
        }
    }

    /// <summary>True if a process works on whatever was scheduled.</summary>
    public static bool IsSchedulerRunning(string folder) => IsLocked(folder, Everything);

    /// <summary>True if a process works on an operation.</summary>
    public static bool IsTaken(string folder, string operationId) => IsTakenWithEverything(folder, operationId) || IsLocked(folder, operationId);

    public void Dispose() => _file.Dispose();

    private static bool IsTakenWithEverything(string folder, string operationId) =>
        OperationIds.IsScheduled(operationId) && IsLocked(folder, Everything);

    private static bool IsLocked(string folder, string name)
    {
        if (!File.Exists(PathOf(folder, name)))
        {
            return false;
        }

        using var file = TryOpen(folder, name, FileAccess.ReadWrite);
        return file is null;
    }

    // Shared locks go with reading, exclusive ones with writing.
    private static FileStream? TryOpen(string folder, string name, FileAccess access)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = access,
            Share = access == FileAccess.Read ? FileShare.Read : FileShare.None,
            Options = access == FileAccess.Read ? FileOptions.None : FileOptions.DeleteOnClose,
            BufferSize = 0,
        };
        try
        {
            return new FileStream(PathOf(folder, name), options);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string PathOf(string folder, string name) => Path.Combine(folder, name + ".lock");
}
