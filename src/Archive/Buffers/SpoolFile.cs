using System.Text.RegularExpressions;

namespace TfeBackup.Archive.Buffers;

/// <summary>
/// Temporary files that end with this process, however it ends: where the system allows it they have no name any more once they are open. What a
/// process left that was killed before that, or on another system, <see cref="DeleteLeftovers"/> removes.
/// </summary>
public static partial class SpoolFile
{
    /// <summary>Creates a file that only this user can read.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="purpose">A word for its purpose; the extension while the file has a name.</param>
    /// <param name="length">The length it is going to have, for which room is taken at once where the file system can; 0 if nobody knows.</param>
    /// <exception cref="IOException">There is no room, or the directory cannot be used.</exception>
    public static FileStream Create(string directory, string purpose, long length = 0)
    {
        var options = new FileStreamOptions
        {
            PreallocationSize = length,
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(Path.Combine(directory, $"tfe-backup-{Guid.NewGuid():N}.{purpose}"), options);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(file.Name);
        }

        return file;
    }

    /// <summary>Gets how many bytes there is room for; null if nobody knows.</summary>
    public static long? FindFreeBytes(string directory)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>True if a write failed for want of room.</summary>
    public static bool IsFull(IOException failure)
    {
        const int noSpace = 28;
        const int overQuota = 122;
        const int windowsDiskFull = unchecked((int)0x80070070);
        return failure.HResult is noSpace or overQuota or windowsDiskFull;
    }

    /// <summary>Deletes the files of ended processes. A file in use stays usable to whoever has it open.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="purpose">As given to <see cref="Create"/>.</param>
    /// <returns>The number of files deleted.</returns>
    public static int DeleteLeftovers(string directory, string purpose)
    {
        var count = 0;
        try
        {
            foreach (var path in Directory.EnumerateFiles(directory, $"tfe-backup-*.{purpose}").Where(path => Name().IsMatch(Path.GetFileName(path))))
            {
                File.Delete(path);
                count++;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use, where that forbids it, or somebody else's. They take room, and nothing else.
        }

        return count;
    }

    [GeneratedRegex(@"^tfe-backup-[0-9a-f]{32}\.[a-z]+$")]
    private static partial Regex Name();
}
