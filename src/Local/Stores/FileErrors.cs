using TfeBackup.Operations.Model;

namespace TfeBackup.Local.Stores;

/// <summary>Says of what kind a failure of the file system is.</summary>
internal static class FileErrors
{
    // Linux errno values; elsewhere the failure is treated as transient.
    private const int NoSpace = 28; // ENOSPC
    private const int ReadOnly = 30; // EROFS
    private const int OverQuota = 122; // EDQUOT
    private const int FileTooLarge = 27; // EFBIG

    /// <summary>True if the file system, and not somebody's stream, may have thrown this.</summary>
    public static bool IsFromFileSystem(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>The exception that callers of a store see.</summary>
    public static OperationException Translate(Exception exception, string doing) => exception switch
    {
        UnauthorizedAccessException => new OperationException(
            OperationError.Refused, $"Cannot {doing}: permission denied. The directory must belong to the current user.", exception),
        IOException { HResult: NoSpace or OverQuota } => new OperationException(
            OperationError.Refused, $"Cannot {doing}: no space left. Free some space, or keep fewer backups (Retention).", exception),
        IOException { HResult: ReadOnly } => new OperationException(
            OperationError.Refused, $"Cannot {doing}: the file system is mounted read-only.", exception),
        IOException { HResult: FileTooLarge } => new OperationException(
            OperationError.Unsupported, $"Cannot {doing}: the file system does not support files of this size.", exception),
        _ => new OperationException(OperationError.Unavailable, $"Cannot {doing}: {exception.Message}", exception),
    };
}
