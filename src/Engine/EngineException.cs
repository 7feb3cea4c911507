namespace TfeBackup.Engine;

/// <summary>The kind of failure of an <see cref="EngineException"/>; hosts map it to a status or an exit code.</summary>
public enum EngineError
{
    /// <summary>A setting or an argument is wrong.</summary>
    InvalidRequest,

    /// <summary>A setting does not fit the installation: it names something that does not exist.</summary>
    InvalidConfiguration,

    /// <summary>The source holds something that cannot be backed up, or the target cannot take what the backup holds.</summary>
    Unsupported,

    /// <summary>The backup's tables do not fit the target's.</summary>
    SchemaMismatch,

    /// <summary>The target holds data and overwriting it was not asked for.</summary>
    TargetNotEmpty,

    /// <summary>Another backup or restore works on this installation, or something holds a lock on its tables.</summary>
    Busy,

    /// <summary>Stored data is invalid: a value Vault refuses to decrypt, a damaged object.</summary>
    CorruptSource,

    /// <summary>The input of a restore is not a whole, valid backup: its description, its rows or its markers are wrong.</summary>
    Corrupt,

    /// <summary>The database, the object store or Vault does not answer, or refuses this service's credentials.</summary>
    Unavailable,

    /// <summary>A command that stops, starts or inspects the application failed. The message has its exit code and the end of its output.</summary>
    CommandFailed,

    /// <summary>A command took longer than it may, and was ended.</summary>
    TimedOut,
}

/// <summary>
/// A failure with a cause an operator can act on. The message names the thing, what was expected, what was found and what
/// to do; it never holds a secret or a value from the installation's data.
/// </summary>
public sealed class EngineException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">The kind of failure.</param>
    /// <param name="message">For an operator: the thing, what was expected, what was found, what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public EngineException(EngineError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>The kind of failure.</summary>
    public EngineError Error { get; }

    /// <summary>True if the backup is the cause and not the installation: it holds data that is invalid, or that this target cannot take.</summary>
    public bool IsOfBackup { get; init; }
}
