namespace TfeBackup.Workflows.Installations.Commands;

/// <summary>Runs the commands that stop and start an application: on this machine, or wherever the application is.</summary>
public interface ICommandRunner
{
    /// <summary>Where it runs them, for messages: "on the virtual machine tfe-1"; empty for this machine.</summary>
    string Place { get; }

    /// <summary>
    /// Runs a command to its end, without letting a shell give any of its arguments another meaning. It gets no input.
    /// </summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="timeout">How long it may take; then it is ended with everything it started.</param>
    /// <param name="cancellationToken">Ends it, too.</param>
    /// <exception cref="WorkflowException">
    /// <see cref="WorkflowError.InvalidConfiguration"/>: there is no such program, or no such place. <see cref="WorkflowError.TimedOut"/>: it took too long.
    /// <see cref="WorkflowError.Refused"/>: the place denies access. <see cref="WorkflowError.Unavailable"/>: the place does not answer.
    /// </exception>
    Task<CommandResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken);
}
