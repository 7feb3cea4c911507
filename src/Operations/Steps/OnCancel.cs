namespace TfeBackup.Operations.Steps;

/// <summary>The effect of an operator's cancellation on a step.</summary>
internal enum OnCancel
{
    /// <summary>It is not begun, and left when under way.</summary>
    Leave,

    /// <summary>It is not begun, and not tried again; what is under way is waited for.</summary>
    Finish,

    /// <summary>It is done all the same, because it puts right what another step began.</summary>
    Ignore,
}
