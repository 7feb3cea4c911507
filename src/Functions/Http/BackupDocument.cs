using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Http;

/// <summary>A backup and every check since it was published, oldest first.</summary>
internal sealed record BackupDocument(ListedBackup Backup, IReadOnlyList<CheckRecord> Checks);
