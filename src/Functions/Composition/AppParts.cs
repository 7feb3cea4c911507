using Microsoft.Extensions.Logging;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Functions.Composition;

/// <summary>What the app's operations work with.</summary>
internal sealed record AppParts
{
    public required BackupConfiguration Configuration { get; init; }

    public required IInstallationProvider Installations { get; init; }

    public required IBackupStore Store { get; init; }

    public required ISecretSource Secrets { get; init; }

    public required IOperationClaims Claims { get; init; }

    public OperationTimings Timings { get; init; } = new();

    public required WorkflowTelemetry Telemetry { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILoggerFactory Loggers { get; init; }
}
