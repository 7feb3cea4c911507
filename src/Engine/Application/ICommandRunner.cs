namespace TfeBackup.Engine.Application;

/// <summary>Runs the commands that stop and start an application: on this machine, or wherever the application is.</summary>
public interface ICommandRunner
{
    /// <summary>The place it runs them, for messages: "on the virtual machine tfe-1"; empty for this machine.</summary>
    string Place { get; }

    /// <summary>
    /// Runs a command to its end, without letting a shell give any of its arguments another meaning. It gets no input.
    /// </summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="timeout">Its timeout; then it is killed with everything it started.</param>
    /// <param name="cancellationToken">Ends it, too.</param>
    /// <exception cref="EngineException">
    /// On this machine: <see cref="EngineError.InvalidRequest"/> when there is no such program, <see cref="EngineError.TimedOut"/> when it
    /// took too long. Runners for other places have exceptions of their own, which pass through whoever uses them.
    /// </exception>
    Task<CommandResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken);
}
