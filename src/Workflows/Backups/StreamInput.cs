using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Backups;

internal sealed record StreamInput(string Installation, SecretReference Password, bool SkipObjectStorage);

internal sealed record StreamOutput(
    BackupKey Key, DateTimeOffset Started, DateTimeOffset Finished, long Size, string Sha256, string Format);

internal sealed record PublishOutput(bool Published);
