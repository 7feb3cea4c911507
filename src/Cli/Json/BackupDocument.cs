using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Json;

/// <summary>The output of <c>show</c>.</summary>
internal sealed record BackupDocument(string Store, ListedBackup Record, IReadOnlyList<CheckRecord> Checks);
