using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TfeBackup.Local.Files;

/// <summary>
/// File operations whose result survives a power cut: names in a directory last once the directory itself was synchronised.
/// </summary>
internal static partial class DurableFile
{
    private const int FileExists = 17; // EEXIST, the same on Linux and macOS.
    private const int RenameNoReplace = 1; // RENAME_NOREPLACE of renameat2(2).
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint SyncFileRangeWrite = 2; // SYNC_FILE_RANGE_WRITE

    /// <summary>Gives a file a further place by a name that is free, in one step; false where the name is taken.</summary>
    /// <remarks>The file goes from its old name. Both are on one file system.</remarks>
    public static bool TryMove(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(from, to, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(to))
            {
                return false;
            }
        }

        // rename(2) would replace an existing file; link(2) fails instead. File systems without hard links (SMB) may support
        // renameat2(RENAME_NOREPLACE).
        if (Link(from, to) == 0)
        {
            File.Delete(from);
        }
        else
        {
            var linkError = Marshal.GetLastPInvokeError();
            if (linkError == FileExists)
            {
                return false;
            }

            if (!File.Exists(from))
            {
                throw new FileNotFoundException($"'{from}' was removed by another process.", from);
            }

            if (!OperatingSystem.IsLinux() || RenameAt2(CurrentDirectory, from, CurrentDirectory, to, RenameNoReplace) != 0)
            {
                var error = OperatingSystem.IsLinux() ? Marshal.GetLastPInvokeError() : linkError;
                return error == FileExists
                    ? false
                    : throw new IOException($"Cannot rename to '{to}' without replacing it: {Marshal.GetPInvokeErrorMessage(error)}.", error);
            }
        }

        SyncDirectory(Path.GetDirectoryName(to)!);
        return true;
    }

    /// <summary>Creates a directory and those above it that are missing, for this user alone.</summary>
    public static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path)!;
        CreateDirectory(parent);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        SyncDirectory(parent);
    }

    /// <summary>Options of a file that is created, for this user alone.</summary>
    public static FileStreamOptions CreateOptions()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    /// <summary>Has the system begin to write a part of a file to its disk, without waiting; what is durable only a flush says.</summary>
    public static void StartWriting(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            // A file system that cannot do it writes later.
            _ = SyncFileRange(file, offset, length, SyncFileRangeWrite);
        }
    }

    /// <summary>Makes the names in a directory durable.</summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            // NTFS journals metadata, and directories cannot be flushed.
            return;
        }

        using var directory = new SafeFileHandle(Open(path, 0), ownsHandle: true);
        if (directory.IsInvalid)
        {
            throw new IOException($"Cannot open directory '{path}': {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        RandomAccess.FlushToDisk(directory);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);
}
