namespace TfeBackup.Engine;

/// <summary>What kind of failure an <see cref="EngineException"/> is; hosts map it to a status or an exit code.</summary>
public enum EngineError
{
    /// <summary>A setting or an argument is wrong.</summary>
    InvalidRequest,

    /// <summary>A setting does not fit the installation: it names what is not there.</summary>
    InvalidConfiguration,

    /// <summary>The source holds something a backup cannot carry, or the target cannot take what the backup holds.</summary>
    Unsupported,

    /// <summary>The backup's tables do not fit the target's.</summary>
    SchemaMismatch,

    /// <summary>The target holds data and overwriting it was not asked for.</summary>
    TargetNotEmpty,

    /// <summary>Another backup or restore works on this installation, or something holds a lock on its tables.</summary>
    Busy,

    /// <summary>Stored data cannot be read as what it claims to be: a value Vault refuses to decrypt, a damaged object.</summary>
    CorruptSource,

    /// <summary>What a restore is given is no whole backup: its description, its rows or its markers are not what they have to be.</summary>
    Corrupt,

    /// <summary>The database, the object store or Vault does not answer, or refuses this service's credentials.</summary>
    Unavailable,

    /// <summary>A command that stops, starts or looks at the application ended with a failure. The message has its exit code and the end of what it said.</summary>
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
    /// <param name="error">What kind of failure this is.</param>
    /// <param name="message">For an operator: the thing, what was expected, what was found, what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public EngineException(EngineError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>What kind of failure this is.</summary>
    public EngineError Error { get; }

    /// <summary>Whether the backup that is to be restored is to blame, and not the installation: it holds what cannot be there, or not in this target.</summary>
    public bool IsOfBackup { get; init; }
}
