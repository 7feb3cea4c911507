using TfeBackup.Workflows.Installations;

namespace TfeBackup.Workflows.Backups;

internal sealed record InstallationInput(string Installation);

internal sealed record InstallationAnswer(bool Ready, string Detail, InstallationContent Content, string? ProductVersion);
