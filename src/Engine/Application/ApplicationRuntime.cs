using System.Text.RegularExpressions;

namespace TfeBackup.Engine.Application;

/// <summary>Stops and starts an application by commands, wherever a runner runs them, and interprets their results.</summary>
/// <remarks>
/// All calls throw <see cref="EngineException"/>: <see cref="EngineError.CommandFailed"/> when a command exits with a failure (the message has its exit code
/// and the end of its output), <see cref="EngineError.InvalidRequest"/> when a pattern is of no use; and what the runner throws.
/// </remarks>
public sealed class ApplicationRuntime
{
    // What the LSB and systemctl answer for something that does not run.
    private const int NotRunning = 3;

    private static readonly TimeSpan PatternTimeout = TimeSpan.FromSeconds(5);

    private readonly ApplicationCommands _commands;
    private readonly TimeSpan _timeout;
    private readonly ICommandRunner _runner;
    private readonly Regex? _stopped;
    private readonly Regex? _running;

    /// <summary>Creates the runtime.</summary>
    /// <param name="commands">The commands; <see cref="RuntimeCommands"/> has those of known runtimes.</param>
    /// <param name="timeout">The timeout of each.</param>
    /// <param name="runner">Runs them.</param>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>: a command is missing, or a pattern is none.</exception>
    public ApplicationRuntime(ApplicationCommands commands, TimeSpan timeout, ICommandRunner runner)
    {
        ArgumentNullException.ThrowIfNull(commands);
        ArgumentNullException.ThrowIfNull(runner);
        if (commands.Stop.Count == 0 || commands.Status.Count == 0 || commands.Start.Count == 0)
        {
            throw new EngineException(EngineError.InvalidRequest, "An application needs the commands Stop, Status and Start; one of them is missing.");
        }

        _commands = commands;
        _timeout = timeout;
        _runner = runner;
        _stopped = Pattern(commands.StoppedPattern);
        _running = Pattern(commands.RunningPattern);
    }

    /// <summary>Its commands, for messages: "docker compose down / docker compose up --detach".</summary>
    public string Description => $"{CommandLine.Display(_commands.Stop)} / {CommandLine.Display(_commands.Start)}{Place}";

    private string Place => _runner.Place.Length > 0 ? $" {_runner.Place}" : "";

    /// <summary>True if <see cref="DrainAsync"/> does anything.</summary>
    public bool CanDrain => _commands.Drain.Count > 0;

    /// <summary>Asks the application to finish its work, where there is a command for that.</summary>
    /// <returns>The command's result, with exit code 0.</returns>
    public Task<CommandResult?> DrainAsync(CancellationToken cancellationToken) =>
        CanDrain ? CarryOutAsync(_commands.Drain, cancellationToken) : Task.FromResult<CommandResult?>(null);

    /// <summary>Stops the application. The command may end before that is so.</summary>
    /// <returns>The command's result, with exit code 0.</returns>
    public Task<CommandResult?> StopAsync(CancellationToken cancellationToken) => CarryOutAsync(_commands.Stop, cancellationToken);

    /// <summary>Starts the application. The command may end before that is so.</summary>
    /// <returns>The command's result, with exit code 0.</returns>
    public Task<CommandResult?> StartAsync(CancellationToken cancellationToken) => CarryOutAsync(_commands.Start, cancellationToken);

    /// <summary>Asks for the application's state.</summary>
    public async Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        var command = _commands.Status;
        var result = await _runner.RunAsync(command, _timeout, cancellationToken);
        var said = result.OutputHead();
        var detail = $"{CommandLine.Display(command)}{Place}: {(said.Length > 0 ? said : $"exit code {result.ExitCode}")}";
        if (_stopped is null || _running is null)
        {
            return result.ExitCode switch
            {
                0 => new ApplicationStatus(ApplicationState.Running, detail),
                NotRunning => new ApplicationStatus(ApplicationState.Stopped, detail),
                _ => throw Failed(command, result),
            };
        }

        if (result.ExitCode != 0)
        {
            throw Failed(command, result);
        }

        if (result.IsCut)
        {
            // Half an answer may say the opposite of the whole.
            throw new EngineException(
                EngineError.Unsupported,
                $"'{CommandLine.Display(command)}' wrote{Place} more output than can be returned. Use a Status command with less output, or one that compares by itself and reports by its exit code.");
        }

        var state = (Matches(_stopped, result.Output), Matches(_running, result.Output)) switch
        {
            (true, false) => ApplicationState.Stopped,
            (false, true) => ApplicationState.Running,
            _ => ApplicationState.Changing,
        };
        return new ApplicationStatus(state, detail);
    }

    private static Regex? Pattern(string? pattern)
    {
        try
        {
            return pattern is null ? null : new Regex(pattern, RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (ArgumentException e)
        {
            throw new EngineException(EngineError.InvalidRequest, $"'{pattern}' is not a regular expression: {e.Message}", e);
        }
    }

    private static bool Matches(Regex pattern, string output)
    {
        try
        {
            return pattern.IsMatch(output);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new EngineException(
                EngineError.InvalidRequest, $"The pattern '{pattern}' takes longer than {PatternTimeout.TotalSeconds:0} s to match. Simplify it.", e);
        }
    }

    private EngineException Failed(IReadOnlyList<string> command, CommandResult result)
    {
        var said = result.OutputTail();
        return new EngineException(
            EngineError.CommandFailed,
            $"'{CommandLine.Display(command)}' failed{Place} with exit code {result.ExitCode}{(said.Length > 0 ? $": {said}" : " and no output.")}");
    }

    private async Task<CommandResult?> CarryOutAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var result = await _runner.RunAsync(command, _timeout, cancellationToken);
        return result.ExitCode == 0 ? result : throw Failed(command, result);
    }
}
