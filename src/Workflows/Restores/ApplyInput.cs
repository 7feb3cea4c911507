using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Restores;

internal sealed record ApplyInput(string Target, BackupKey Key, long Size, SecretReference Password, bool Overwrite);

internal sealed record ApplyOutput(DateTimeOffset Finished);
