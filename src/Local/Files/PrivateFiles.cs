using System.Text;

namespace TfeBackup.Local.Files;

/// <summary>Creates files and folders that only the current user can read, durably.</summary>
public static class PrivateFiles
{
    /// <summary>Creates a folder and those above it that are missing, with mode 0700.</summary>
    public static void CreateFolder(string path) => DurableFile.CreateDirectory(Path.GetFullPath(path));

    /// <summary>Creates a file with mode 0600.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static void Create(string path, string content) => Write(Path.GetFullPath(path), content);

    /// <summary>Replaces a file, in one step, with one of mode 0600.</summary>
    /// <exception cref="IOException">It cannot be written; the old one is intact.</exception>
    public static void Replace(string path, string content)
    {
        path = Path.GetFullPath(path);
        var next = $"{path}.{Guid.NewGuid():N}.tmp";
        Write(next, content);
        try
        {
            File.Move(next, path, overwrite: true);
        }
        catch
        {
            File.Delete(next);
            throw;
        }

        DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    private static void Write(string path, string content)
    {
        var options = DurableFile.CreateOptions();
        options.Options = FileOptions.None;
        using (var file = new FileStream(path, options))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }
}
