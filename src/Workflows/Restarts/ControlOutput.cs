using TfeBackup.Engine.Application;

namespace TfeBackup.Workflows.Restarts;

internal sealed record ControlOutput(ApplicationState? State, string? Detail);
