using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>Linux system calls that .NET has no API for. Other systems use only .NET's APIs.</summary>
internal static partial class Posix
{
    public const int NotFound = 2;
    public const int NotDirectory = 20;
    public const int TooManyLinks = 40;
    public const int NameTooLong = 36;

    private const int CrossDevice = 18;
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const int NoFollow = 0x100;
    private const uint BasicFacts = 0x7FF;
    private const int EffectiveAccess = 0x200;
    private const int SearchAccess = 1;
    private const int WriteAccess = 2;
    private const int ReadAccess = 4;
    private const long OpenAt2 = 437;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const ulong BeneathWithoutLinks = 0x08 | 0x04 | 0x02;

    /// <summary>Gets the facts of a path, not following links; null if nothing is there.</summary>
    public static FileFacts? Look(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return LookPortably(path);
        }

        if (StatX(CurrentDirectory, path, NoFollow, BasicFacts, out var facts) == 0)
        {
            return facts.ToFacts();
        }

        var error = Marshal.GetLastPInvokeError();
        return error is NotFound or NotDirectory or NameTooLong ? null : throw Failure(error, path);
    }

    /// <summary>Gets the facts of an open file.</summary>
    public static FileFacts Look(SafeFileHandle handle, string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return LookPortably(path) ?? throw new FileNotFoundException(null, path);
        }

        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return StatX((int)handle.DangerousGetHandle(), "", EmptyPath, BasicFacts, out var facts) == 0
                ? facts.ToFacts()
                : throw Failure(Marshal.GetLastPInvokeError(), path);
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>
    /// Opens a file below a directory for reading, without following a symbolic link anywhere between the two and without
    /// waiting for the other end of a pipe. Null where there is none.
    /// </summary>
    public static SafeFileHandle? OpenBeneath(string root, string relative)
    {
        var path = Path.Join(root, relative);
        if (!OperatingSystem.IsLinux())
        {
            return OpenPortably(root, relative);
        }

        using var directory = OpenDirectory(root);
        if (directory is null)
        {
            return null;
        }

        OpenHow how = new() { Flags = NonBlocking | CloseOnExec, Resolve = BeneathWithoutLinks };
        var opened = SystemCall((nint)OpenAt2, directory.DangerousGetHandle(), relative, ref how, Marshal.SizeOf<OpenHow>());
        GC.KeepAlive(directory);
        if (opened >= 0)
        {
            return new SafeFileHandle(opened, ownsHandle: true);
        }

        // Kernels before 5.6 do not know the call, and some container runtimes forbid what they do not know.
        const int notPermitted = 1;
        const int noSuchCall = 38;
        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            NotFound or NotDirectory or NameTooLong => null,
            notPermitted or noSuchCall => OpenPortably(root, relative),
            TooManyLinks or CrossDevice => throw new IOException($"{path} is or is behind a symbolic link.", TooManyLinks),
            _ => throw Failure(error, path),
        };
    }

    /// <summary>True if <see cref="SyncFileSystem"/> is supported; if not, each file must be flushed by itself.</summary>
    public static bool CanSyncFileSystem => OperatingSystem.IsLinux();

    /// <summary>
    /// Makes everything that was written to a directory's file system durable, files, names and removals: one call instead of
    /// one for each of a million files.
    /// </summary>
    public static void SyncFileSystem(string directory)
    {
        if (!CanSyncFileSystem)
        {
            return;
        }

        using var handle = OpenDirectory(directory) ?? throw new DirectoryNotFoundException(directory);
        if (SyncFs((int)handle.DangerousGetHandle()) != 0)
        {
            throw Failure(Marshal.GetLastPInvokeError(), directory);
        }

        GC.KeepAlive(handle);
    }

    /// <summary>Describes why this process cannot read a file; null if it can.</summary>
    public static string? CannotRead(string path, FileFacts facts)
    {
        // Nobody is asked where the permissions say it: a network file system may have to ask its server.
        const UnixFileMode everybody = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        return !OperatingSystem.IsLinux()
            || (facts.Mode & everybody) == everybody
            || (facts.Mode.HasFlag(UnixFileMode.UserRead) && facts.User == GetEffectiveUser())
                ? null
                : Access(path, ReadAccess);
    }

    /// <summary>Describes why this process cannot create, rename and delete in a directory; null if it can.</summary>
    public static string? CannotChange(string directory, FileFacts facts) =>
        !OperatingSystem.IsLinux() ? null
        : facts.Immutable ? "a file attribute prevents it (see lsattr)"
        : Access(directory, WriteAccess | SearchAccess);

    /// <summary>True if only the owner of a file, or of its directory, may rename or delete it, and this process is neither.</summary>
    public static bool IsKeptForOwner(FileFacts file, FileFacts directory) =>
        OperatingSystem.IsLinux() && directory.Mode.HasFlag(UnixFileMode.StickyBit)
        && GetEffectiveUser() is not 0 and var user && user != file.User && user != directory.User;

    /// <summary>Gives a file or directory to another owner, where this process is allowed to: as root.</summary>
    public static void ChangeOwner(string path, uint user, uint group)
    {
        if (OperatingSystem.IsLinux() && GetEffectiveUser() == 0 && LChown(path, user, group) != 0)
        {
            throw Failure(Marshal.GetLastPInvokeError(), path);
        }
    }

    private static string? Access(string path, int mode) =>
        FAccessAt(CurrentDirectory, path, mode, EffectiveAccess) == 0 ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    private static SafeFileHandle? OpenDirectory(string path)
    {
        // O_DIRECTORY has different values on different processors; a file that is no directory fails at what follows.
        var opened = Open(path, CloseOnExec, 0);
        if (opened >= 0)
        {
            return new SafeFileHandle(opened, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return error is NotFound ? null : throw Failure(error, path);
    }

    private static SafeFileHandle? OpenPortably(string root, string relative)
    {
        var path = root;
        foreach (var segment in relative.Split('/'))
        {
            path = Path.Join(path, segment);
            switch (Look(path)?.Kind)
            {
                case null:
                    return null;
                case FileKind.Link:
                    throw new IOException($"{path} is a symbolic link.", TooManyLinks);
                case FileKind.Other:
                    throw new IOException($"{path} is neither a file nor a directory.");
                default:
                    break;
            }
        }

        try
        {
            return Directory.Exists(path) ? null : File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static FileFacts? LookPortably(string path)
    {
        FileInfo file = new(path);
        if (file.LinkTarget is not null)
        {
            return new FileFacts(FileKind.Link, 0, 0, 0, default);
        }

        return Directory.Exists(path) ? new FileFacts(FileKind.Directory, 0, 0, 0, Directory.GetLastWriteTimeUtc(path))
            : file.Exists ? new FileFacts(FileKind.File, file.Length, 0, 0, file.LastWriteTimeUtc)
            : null;
    }

    private static IOException Failure(int error, string path) => new($"{path}: {Marshal.GetPInvokeErrorMessage(error)}", error);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out StatxBuffer facts);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint SystemCall(nint number, nint directory, string path, ref OpenHow how, nint size);

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FAccessAt(int directory, string path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(int descriptor);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LChown(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>struct statx, the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(8)]
        public ulong Attributes;

        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        public readonly FileFacts ToFacts() => new(
            (Mode & 0xF000) switch
            {
                0x8000 => FileKind.File,
                0x4000 => FileKind.Directory,
                0xA000 => FileKind.Link,
                _ => FileKind.Other,
            },
            (long)Size,
            User,
            Group,
            DateTime.UnixEpoch.AddSeconds(ModifiedSeconds).AddTicks(ModifiedNanoseconds / 100))
        {
            Mode = (UnixFileMode)(Mode & 0xFFF),
            Immutable = (Attributes & (0x10 | 0x20)) != 0,
        };
    }
}
