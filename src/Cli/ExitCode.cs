using TfeBackup.Operations.Model;

namespace TfeBackup.Cli;

/// <summary>The program's exit codes: those of <see cref="FailureTable"/>, and of restores that were cancelled late.</summary>
internal static class ExitCode
{
    /// <summary>Success.</summary>
    public const int Done = 0;

    /// <summary>It failed, or was interrupted.</summary>
    public const int Failed = 1;

    /// <summary>It was asked for wrongly, or the configuration is wrong; nothing was begun.</summary>
    public const int Misuse = 2;

    /// <summary>A restore was cancelled after it had replaced the target's data.</summary>
    public const int TargetChanged = 3;

    /// <summary>A restore was cancelled, and nobody can tell whether it had replaced the target's data.</summary>
    public const int TargetUnknown = 4;

    /// <summary>All of them, as the help and README explain them.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Done, "done"),
        (Failed, "failed, or interrupted and can be resumed"),
        (Misuse, "wrong use or configuration"),
        (TargetChanged, "a restore was cancelled after it had replaced the target's data"),
        (TargetUnknown, "a restore was cancelled; the target is unchanged or completely restored"),
        (Of(OperationError.Cancelled), "cancelled; a restore's target is unchanged"),
        (Of(OperationError.Busy), "busy: another operation uses the installation or backup"),
        (Of(OperationError.NotFound), "not found: no such backup, operation, secret or entry"),
        (Of(OperationError.TargetNotEmpty), "the target of a restore holds data, or does not report that it is empty"),
        (Of(OperationError.WrongPassword), "wrong password"),
    ];

    /// <summary>Gets the exit code of a failure.</summary>
    public static int Of(OperationError error) => FailureTable.Of(error).ExitCode;

    /// <summary>Gets the exit code of an operation that has ended.</summary>
    public static int Of(OperationInstance operation) => operation switch
    {
        { Failure: null } => Done,
        { Failure.Error: OperationError.Cancelled, Status.Target: TargetState.Restored } => TargetChanged,
        { Failure.Error: OperationError.Cancelled, Status.Target: TargetState.Unknown } => TargetUnknown,
        _ => Of(operation.Failure.Error),
    };
}
