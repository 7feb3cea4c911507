using TfeBackup.Workflows;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Installations.Commands;

namespace TfeBackup.Local.Processes;

/// <summary>Stops and starts an application by commands on this machine.</summary>
/// <remarks>
/// A command that leaves a process behind must give it an output of its own: what this control reads ends with the call.
/// </remarks>
public sealed class CommandApplicationControl : IApplicationControl
{
    private readonly CommandControl _control;

    /// <summary>Creates the control.</summary>
    /// <param name="definition">The commands; <see cref="RuntimeCommands"/> has those of known runtimes.</param>
    /// <param name="time">Measures how long they take.</param>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>: a command is missing, or a pattern is none.</exception>
    public CommandApplicationControl(RestartDefinition definition, TimeProvider? time = null) =>
        _control = new CommandControl(definition, new LocalCommands(time ?? TimeProvider.System));

    /// <inheritdoc/>
    public string Description => _control.Description;

    /// <inheritdoc/>
    public bool CanDrain => _control.CanDrain;

    /// <inheritdoc/>
    public Task DrainAsync(CancellationToken cancellationToken) => _control.DrainAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _control.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken) => _control.GetStatusAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => _control.StartAsync(cancellationToken);

    private sealed class LocalCommands(TimeProvider time) : ICommandRunner
    {
        public string Place => "";

        public Task<CommandResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
            CommandRunner.RunAsync(command, timeout, time, cancellationToken);
    }
}
