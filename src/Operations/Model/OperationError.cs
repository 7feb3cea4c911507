namespace TfeBackup.Operations.Model;

/// <summary>The category of an <see cref="OperationException"/>; hosts map it to a status or an exit code.</summary>
public enum OperationError
{
    /// <summary>A defect of this software, or an unforeseen failure. Never retried.</summary>
    Internal,

    /// <summary>An argument is wrong: an invalid name, an operation of another kind.</summary>
    InvalidRequest,

    /// <summary>The configuration is wrong. The message names the source, the key and what was expected.</summary>
    InvalidConfiguration,

    /// <summary>There is no such installation, backup, operation or secret.</summary>
    NotFound,

    /// <summary>It is there already and may not be written again.</summary>
    AlreadyExists,

    /// <summary>Another operation works on the same installation or backup; the message names it.</summary>
    Busy,

    /// <summary>The operation does not wait for the answer that it was given; the message says what it waits for.</summary>
    Conflict,

    /// <summary>The target holds data and overwriting it was not asked for.</summary>
    TargetNotEmpty,

    /// <summary>The installation refused the request or its token, or an operator declined to approve.</summary>
    Refused,

    /// <summary>The password does not open the backup.</summary>
    WrongPassword,

    /// <summary>Stored data is not what was written, or not what it claims to be.</summary>
    Corrupt,

    /// <summary>The tables of the backup do not fit the target's.</summary>
    SchemaMismatch,

    /// <summary>The format or a feature is one this software does not know.</summary>
    Unsupported,

    /// <summary>The store keeps the data immutable until a time that has not come.</summary>
    Immutable,

    /// <summary>Something did not answer, throttled, or answered with a failure of its own. Worth another try.</summary>
    Unavailable,

    /// <summary>A stream ended before its end, whatever its status said. Worth another try.</summary>
    Incomplete,

    /// <summary>
    /// A request was sent in full and its answer never came: it may or may not have been carried out. Retried only where
    /// doing it twice does no harm.
    /// </summary>
    Indeterminate,

    /// <summary>A deadline passed.</summary>
    TimedOut,

    /// <summary>An operator cancelled the operation.</summary>
    Cancelled,

    /// <summary>An orchestration's code no longer fits the history it is replayed from.</summary>
    NonDeterministic,
}
