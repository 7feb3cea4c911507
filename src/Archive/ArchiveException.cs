namespace TfeBackup.Archive;

/// <summary>
/// A backup file that cannot be read or written. The message names the place, what was expected, what was found and what
/// to do; it never holds a secret or the installation's data.
/// </summary>
/// <remarks>
/// Failures of the streams underneath (a full disk, a connection that broke) are not this: they pass through as they come.
/// </remarks>
public sealed class ArchiveException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">The kind of failure.</param>
    /// <param name="message">For an operator: the place, what was expected, what was found, what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ArchiveException(ArchiveError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>The kind of failure.</summary>
    public ArchiveError Error { get; }

    internal static ArchiveException Corrupt(string message, Exception? innerException = null) =>
        new(ArchiveError.Corrupt, message, innerException);

    internal static ArchiveException Unsupported(string message) => new(ArchiveError.Unsupported, message);

    internal static ArchiveException InvalidRequest(string message) => new(ArchiveError.InvalidRequest, message);
}
