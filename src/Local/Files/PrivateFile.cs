using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TfeBackup.Local.Files;

/// <summary>Checks that a file is secret and belongs to the current user.</summary>
internal static partial class PrivateFile
{
    private const UnixFileMode OthersMay =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH: the open file itself.
    private const uint OwnerWanted = 0x8; // STATX_UID
    private const int StatusLength = 256; // struct statx, the same on every architecture
    private const int OwnerOffset = 20; // stx_uid

    /// <summary>
    /// Describes why an open file is not private to this user; null if it is. The open file is asked and not its name, which could
    /// mean another file a moment later.
    /// </summary>
    public static string? FindFault(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            // On Windows the folder's ACL decides, and profile folders are private.
            return null;
        }

        var mode = File.GetUnixFileMode(file);
        if ((mode & OthersMay) != 0)
        {
            return $"others can access it (mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}, expected 0600)";
        }

        if (OperatingSystem.IsLinux() && OwnerOf(file) is var owner && owner != EffectiveUser())
        {
            return $"it belongs to user {owner}, but this process runs as user {EffectiveUser()}";
        }

        return null;
    }

    private static uint OwnerOf(SafeFileHandle file)
    {
        var status = new byte[StatusLength];
        return Statx(file, "", EmptyPath, OwnerWanted, status) == 0
            ? BitConverter.ToUInt32(status, OwnerOffset)
            : throw new IOException($"Cannot determine the owner of the file: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle file, string path, int flags, uint mask, [Out] byte[] status);
}
