namespace TfeBackup.Operations.Model;

/// <summary>The events that operations understand.</summary>
public static class OperationEvents
{
    /// <summary>An operator's decision: <see cref="ApprovalDecision"/>.</summary>
    public const string Approval = "approval";

    /// <summary>The operator has restarted the application by hand: <see cref="OperatorNote"/>.</summary>
    public const string Restarted = "restarted";

    /// <summary>The operation is to end, putting right what it can: <see cref="OperatorNote"/>.</summary>
    public const string Cancel = "cancel";

    /// <summary>An engine has handed an activity, whose name this is, to another worker: the process that ran it died or stopped.</summary>
    public const string Redelivered = "redelivered";
}
