using TfeBackup.Engine;
using TfeBackup.Engine.Application;
using TfeBackup.Workflows.Configuration;

namespace TfeBackup.Workflows.Installations.Commands;

/// <summary>Stops and starts an application by the commands of its runtime, wherever a runner runs them.</summary>
public sealed class CommandControl : IApplicationControl
{
    private readonly ApplicationRuntime _runtime;

    /// <summary>Creates the control.</summary>
    /// <param name="definition">Has the commands.</param>
    /// <param name="runner">Runs them.</param>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>: a command is missing, or a pattern is none.</exception>
    public CommandControl(RestartDefinition definition, ICommandRunner runner)
    {
        ArgumentNullException.ThrowIfNull(definition);
        try
        {
            var commands = definition.Commands
                ?? throw new WorkflowException(WorkflowError.InvalidConfiguration, $"Restart: {definition.Kind} has no commands; expected Stop, Status and Start.");
            _runtime = new ApplicationRuntime(commands, definition.Timeout, runner);
        }
        catch (EngineException e)
        {
            throw Translate(e);
        }
    }

    /// <inheritdoc/>
    public string Description => _runtime.Description;

    /// <inheritdoc/>
    public Task<bool> CanDrainAsync(CancellationToken cancellationToken) => Task.FromResult(_runtime.CanDrain);

    /// <inheritdoc/>
    public Task DrainAsync(CancellationToken cancellationToken) => CallAsync(() => _runtime.DrainAsync(cancellationToken));

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => CallAsync(() => _runtime.StopAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken) => CallAsync(() => _runtime.GetStatusAsync(cancellationToken));

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => CallAsync(() => _runtime.StartAsync(cancellationToken));

    private static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (EngineException e)
        {
            throw Translate(e);
        }
    }

    private static WorkflowException Translate(EngineException e) => new(EngineFailures.KindOf(e) ?? WorkflowError.Internal, e.Message, e);
}
