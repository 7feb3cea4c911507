using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Output;

/// <summary>Values of enumerations and formats in an operator's words.</summary>
internal static class Words
{
    public static string Of(BackupPurpose purpose) => purpose switch
    {
        BackupPurpose.Requested => "requested",
        BackupPurpose.Scheduled => "scheduled",
        BackupPurpose.Safety => "before a restore",
        _ => purpose.ToString(),
    };

    public static string Of(LastCheck check) => (check.Kind, check.Passed) switch
    {
        (CheckKind.Drill, true) => "drill passed",
        (CheckKind.Drill, false) => "drill FAILED",
        (_, true) => "passed",
        _ => "FAILED",
    };

    /// <summary>How often a step may be retried, and until when.</summary>
    public static string MostRetries(OperationStep step) =>
        $"{Human.Count(step.MostRetries ?? step.Retries)}{(step.RetriesUntil is { } until ? $" (none after {Human.Time(until)})" : "")}";

    /// <summary>Describes how a backup was verified.</summary>
    public static string OfMethod(string method) => method switch
    {
        BackupFormat.Archive => "every entry",
        BackupFormat.Opaque => "size and SHA-256",
        _ => method,
    };

    /// <summary>Describes the format of a backup.</summary>
    public static string OfFormat(string format) => format switch
    {
        BackupFormat.Archive => "age, zstd, tar (format 1)",
        BackupFormat.Opaque => "opaque: only the service that made it can read it",
        _ => format,
    };
}
