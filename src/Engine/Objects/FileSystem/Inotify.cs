using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>Linux's <c>inotify</c>: names that appear in directories and disappear from them, in order. Not for use by several threads at once.</summary>
internal sealed partial class Inotify : IDisposable
{
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const uint MovedFrom = 0x40;
    private const uint MovedTo = 0x80;
    private const uint Created = 0x100;
    private const uint Deleted = 0x200;
    private const uint Overflow = 0x4000;
    private const uint NoLonger = 0x8000;
    private const uint OnlyDirectories = 0x0100_0000;
    private const uint DoNotFollow = 0x0200_0000;
    private const uint IsDirectory = 0x4000_0000;
    private const int HeadLength = 16;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly int _descriptor;
    private readonly byte[] _buffer = new byte[64 << 10];

    private Inotify(int descriptor) => _descriptor = descriptor;

    /// <summary>Opens a queue; null, with the reason, where the system gives none.</summary>
    public static Inotify? TryOpen(out string? reason)
    {
        if (!OperatingSystem.IsLinux())
        {
            reason = "this system has no inotify";
            return null;
        }

        var descriptor = Init(NonBlocking | CloseOnExec);
        const int tooManyInstances = 24;
        reason = descriptor >= 0 ? null
            : Marshal.GetLastPInvokeError() == tooManyInstances ? "the system allows no more inotify instances (fs.inotify.max_user_instances)"
            : Marshal.GetLastPInvokeErrorMessage();
        return descriptor >= 0 ? new Inotify(descriptor) : null;
    }

    /// <summary>Adds a directory.</summary>
    /// <returns>Its number, the same when it is added again; null if there is none or it may not be read.</returns>
    /// <exception cref="IOException">The system gives no more; the message says which limit that is.</exception>
    public int? Add(string directory)
    {
        var number = AddWatch(_descriptor, directory, MovedFrom | MovedTo | Created | Deleted | OnlyDirectories | DoNotFollow);
        if (number >= 0)
        {
            return number;
        }

        const int notAllowed = 13;
        const int noSpace = 28;
        return Marshal.GetLastPInvokeError() switch
        {
            Posix.NotFound or Posix.NotDirectory or Posix.NameTooLong or notAllowed => null,
            noSpace => throw new IOException("the system allows no more inotify watches (fs.inotify.max_user_watches)"),
            var error => throw new IOException(Marshal.GetPInvokeErrorMessage(error)),
        };
    }

    /// <summary>Waits until there is something to read, for some time.</summary>
    public bool Wait(TimeSpan longest)
    {
        const short readable = 1;
        PollDescriptor poll = new() { Descriptor = _descriptor, Events = readable };
        return Poll(ref poll, 1, (int)longest.TotalMilliseconds) > 0;
    }

    /// <summary>Reads what happened since the last reading, as far as it fits into one answer; none if nothing did.</summary>
    /// <exception cref="IOException">More happened than the system keeps; some of it is lost.</exception>
    public List<Change> Read()
    {
        List<Change> changes = [];
        var length = (int)Read(_descriptor, _buffer, _buffer.Length);
        for (var rest = _buffer.AsSpan(0, Math.Max(length, 0)); rest.Length >= HeadLength;)
        {
            var directory = BinaryPrimitives.ReadInt32LittleEndian(rest);
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            var name = rest.Slice(HeadLength, (int)BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]));
            rest = rest[(HeadLength + name.Length)..];
            if ((mask & Overflow) != 0)
            {
                throw new IOException("more happened than the system keeps (fs.inotify.max_queued_events)");
            }

            var kind = (mask & NoLonger) != 0 ? ChangeKind.NoLongerWatched
                : (mask & (Created | MovedTo)) != 0 ? ChangeKind.Came
                : ChangeKind.Went;
            if (Decode(name.TrimEnd((byte)0)) is { } text)
            {
                changes.Add(new Change(directory, text, kind, (mask & IsDirectory) != 0));
            }
        }

        return changes;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Close(_descriptor);

    // What is no text is no object either; a listing says so where it stays.
    private static string? Decode(ReadOnlySpan<byte> name)
    {
        try
        {
            return Utf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int Init(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddWatch(int descriptor, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, byte[] buffer, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    /// <summary>Something that happened in a directory.</summary>
    /// <param name="Directory">The directory's number.</param>
    /// <param name="Name">The name in it.</param>
    /// <param name="Kind">What happened.</param>
    /// <param name="IsDirectory">True if the name is a directory's.</param>
    internal readonly record struct Change(int Directory, string Name, ChangeKind Kind, bool IsDirectory);

    /// <summary>The kinds of <see cref="Change"/>.</summary>
    internal enum ChangeKind
    {
        /// <summary>The name was created, or moved here.</summary>
        Came,

        /// <summary>The name was deleted, or moved away.</summary>
        Went,

        /// <summary>The directory itself is gone, and its number free.</summary>
        NoLongerWatched,
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
