using TfeBackup.Engine;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Installations.Commands;

/// <summary>Stops and starts an application by the commands of its runtime, wherever a runner runs them.</summary>
public sealed class CommandControl : IApplicationControl
{
    private readonly Engine.Application.ApplicationRuntime _runtime;

    /// <summary>Creates the control.</summary>
    /// <param name="definition">The commands.</param>
    /// <param name="runner">Runs them.</param>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>: a command is missing, or a pattern is invalid.</exception>
    public CommandControl(RestartDefinition definition, Engine.Application.ICommandRunner runner)
    {
        ArgumentNullException.ThrowIfNull(definition);
        try
        {
            var commands = definition.Commands
                ?? throw new OperationException(OperationError.InvalidConfiguration, $"Restart: {definition.Kind} has no commands; expected Stop, Status and Start.");
            _runtime = new Engine.Application.ApplicationRuntime(commands, definition.Timeout, runner);
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
    public async Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        var status = await CallAsync(() => _runtime.GetStatusAsync(cancellationToken));
        return new ApplicationStatus(Translate(status.State), status.Detail);
    }

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

    private static ApplicationState Translate(Engine.Application.ApplicationState state) => state switch
    {
        Engine.Application.ApplicationState.Running => ApplicationState.Running,
        Engine.Application.ApplicationState.Stopped => ApplicationState.Stopped,
        _ => ApplicationState.Changing,
    };

    private static OperationException Translate(EngineException e) => new(EngineFailures.KindOf(e) ?? OperationError.Internal, e.Message, e);
}
