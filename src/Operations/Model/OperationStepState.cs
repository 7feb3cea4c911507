namespace TfeBackup.Operations.Model;

/// <summary>The state of a step of an operation.</summary>
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
