using TfeBackup.Workflows.Installations;

namespace TfeBackup.Workflows.Restarts;

internal sealed record ControlOutput(ApplicationState? State, string? Detail);
