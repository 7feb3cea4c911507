namespace TfeBackup.Workflows.Configuration;

/// <summary><c>Operations</c>: what becomes of those that have ended.</summary>
public sealed record OperationsDefinition
{
    /// <summary><c>KeepFor</c>: how long an operation and its history are kept after its end; 90 days by default. Backups and their records are another matter.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(90);
}
