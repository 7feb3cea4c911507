namespace TfeBackup.Workflows.Orchestrations;

/// <summary>Where an operation stands.</summary>
public enum WorkflowState
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
