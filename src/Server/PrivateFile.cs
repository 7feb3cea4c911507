namespace TfeBackup.Server;

/// <summary>Files of this service that nobody else may read: written aside and then put in place, so others see all of one or nothing.</summary>
internal static class PrivateFile
{
    /// <summary>Writes a file with mode 0600.</summary>
    /// <param name="path">The file, in an existing directory.</param>
    /// <param name="content">Its whole content.</param>
    /// <param name="overwrite">Whether to replace one that is there.</param>
    /// <returns>Whether it was written; false where one is there that must not be replaced.</returns>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static bool Write(string path, ReadOnlySpan<byte> content, bool overwrite)
    {
        var draft = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using (var stream = new FileStream(draft, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite);
            return true;
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            return false;
        }
        finally
        {
            File.Delete(draft);
        }
    }
}
