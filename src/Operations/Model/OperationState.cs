namespace TfeBackup.Operations.Model;

/// <summary>The state of an operation.</summary>
public enum OperationState
{
    /// <summary>Started and not ended, whether or not a process works on it at this moment.</summary>
    Running,

    /// <summary>Ended as intended.</summary>
    Completed,

    /// <summary>Ended with a failure.</summary>
    Failed,

    /// <summary>Ended from outside, at once, without a say of its own.</summary>
    Terminated,
}
