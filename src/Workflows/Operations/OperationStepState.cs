namespace TfeBackup.Workflows.Operations;

/// <summary>Where a step of an operation stands.</summary>
public enum OperationStepState
{
    /// <summary>It was begun and has not ended.</summary>
    Running,

    /// <summary>It was done.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was given up because the operation was cancelled.</summary>
    Cancelled,
}
