using System.Text.RegularExpressions;

namespace TfeBackup.Engine;

/// <summary>
/// Temporary files that end with this process, however it ends: where the system allows it they have no name any more once they are open. What a
/// process left that was killed before that, or on another system, <see cref="DeleteLeftovers"/> removes.
/// </summary>
public static partial class SpoolFile
{
    /// <summary>Creates a file that only this user can read.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="purpose">A word for its purpose; the extension while the file has a name.</param>
    public static FileStream Create(string directory, string purpose)
    {
        var options = new FileStreamOptions
        {
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
