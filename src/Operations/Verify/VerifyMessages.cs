using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Verify;

/// <summary>Asks for a check of a published backup.</summary>
/// <param name="Backup">Which.</param>
public sealed record VerifyInput(BackupKey Backup);

internal sealed record VerifyBlobInput(BackupKey Key, long Size, string Sha256, string Format, SecretReference Password);

internal sealed record VerifyBlobOutput(
    BackupVerification Verification, bool? ObjectsIncluded, string? ProductVersion, string? PostgresVersion);

internal sealed record VerifyPlan(BackupRecord Record, OperationTimings Timings);

internal sealed record AddCheckInput(BackupKey Key, CheckRecord Check);
