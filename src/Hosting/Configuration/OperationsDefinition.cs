using TfeBackup.Installations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Configuration;

/// <summary><c>Operations</c>: how long operations wait and try, and how long they are kept.</summary>
public sealed record OperationsDefinition
{
    /// <summary><c>KeepFor</c>: how long an operation and its history are kept after its end; 90 days by default. Backups and their records are another matter.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Timeouts and retries of operations.</summary>
    public OperationTimings Timings { get; init; } = new();

    /// <summary><c>Api</c>: how long calls on installations may take.</summary>
    public ApiInstallationOptions Api { get; init; } = new();
}
