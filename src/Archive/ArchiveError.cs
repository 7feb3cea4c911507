namespace TfeBackup.Archive;

/// <summary>The kind of failure of an <see cref="ArchiveException"/>; hosts map it to a status or an exit code.</summary>
public enum ArchiveError
{
    /// <summary>The password does not open the file (or the header's password stanza is damaged: both look the same).</summary>
    WrongPassword,

    /// <summary>The file is not what its writer wrote, or was never a backup: truncated, altered, continued, inconsistent.</summary>
    Corrupt,

    /// <summary>The file is of a kind or version this reader does not read, or asks for more work than its limits allow.</summary>
    Unsupported,

    /// <summary>The caller asked for something that cannot be written or read: an empty password, an impossible key.</summary>
    InvalidRequest,
}
