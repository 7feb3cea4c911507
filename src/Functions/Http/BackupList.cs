using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Http;

/// <summary>An installation's published backups, newest first.</summary>
internal sealed record BackupList(IReadOnlyList<ListedBackup> Backups);
