using TfeBackup.Workflows.Storage;

namespace TfeBackup.Cli.Json;

/// <summary>What <c>show</c> prints.</summary>
internal sealed record BackupDocument(string Store, BackupRecord Record, IReadOnlyList<CheckRecord> Checks);
