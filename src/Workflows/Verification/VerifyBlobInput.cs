using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Verification;

internal sealed record VerifyBlobInput(BackupKey Key, long Size, string Sha256, string Format, SecretReference Password);

internal sealed record VerifyBlobOutput(
    BackupVerification Verification, bool? ObjectsIncluded, string? ProductVersion, string? PostgresVersion);

internal sealed record VerifyPlan(BackupRecord Record, OperationTimings Timings);

internal sealed record AddCheckInput(BackupKey Key, CheckRecord Check);

internal sealed record AddCheckOutput(bool Added);
