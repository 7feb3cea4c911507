using System.Text;
using System.Text.RegularExpressions;
using TfeBackup.Workflows.Configuration;

namespace TfeBackup.Workflows.Installations.Commands;

/// <summary>Stops and starts an application by commands, wherever a runner runs them, and makes out of their answers what they come to.</summary>
public sealed class CommandControl : IApplicationControl
{
    // What the LSB and systemctl answer for something that does not run.
    private const int NotRunning = 3;
    private const int LongestQuote = 600;

    private static readonly TimeSpan PatternTimeout = TimeSpan.FromSeconds(5);

    private readonly RestartDefinition _definition;
    private readonly ICommandRunner _runner;
    private readonly Regex? _stopped;
    private readonly Regex? _running;

    /// <summary>Creates the control.</summary>
    /// <param name="definition">The commands; <see cref="RuntimeCommands"/> has those of known runtimes.</param>
    /// <param name="runner">Runs them.</param>
    public CommandControl(RestartDefinition definition, ICommandRunner runner)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(runner);
        if (definition.Stop.Count == 0 || definition.Status.Count == 0 || definition.Start.Count == 0)
        {
            throw new WorkflowException(WorkflowError.InvalidConfiguration, "Restart needs the commands Stop, Status and Start.");
        }

        _definition = definition;
        _runner = runner;
        _stopped = Pattern(definition.StoppedPattern);
        _running = Pattern(definition.RunningPattern);
    }

    /// <inheritdoc/>
    public string Description => $"{CommandLine.Display(_definition.Stop)} / {CommandLine.Display(_definition.Start)}{Place}";

    private string Place => _runner.Place.Length > 0 ? $" {_runner.Place}" : "";

    /// <inheritdoc/>
    public bool CanDrain => _definition.Drain.Count > 0;

    /// <inheritdoc/>
    public Task DrainAsync(CancellationToken cancellationToken) =>
        CanDrain ? CarryOutAsync(_definition.Drain, cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => CarryOutAsync(_definition.Stop, cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => CarryOutAsync(_definition.Start, cancellationToken);

    /// <inheritdoc/>
    public async Task<ApplicationStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        var command = _definition.Status;
        var result = await _runner.RunAsync(command, _definition.Timeout, cancellationToken);
        var said = Quote(result.Output.Length > 0 ? result.Output : result.Errors, fromEnd: false);
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
            throw new WorkflowException(WorkflowError.InvalidConfiguration, $"Restart: '{pattern}' is not a regular expression: {e.Message}", e);
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
            throw new WorkflowException(
                WorkflowError.InvalidConfiguration, $"Restart: the pattern '{pattern}' takes longer than {PatternTimeout.TotalSeconds:0} s to compare. Simplify it.", e);
        }
    }

    private WorkflowException Failed(IReadOnlyList<string> command, CommandResult result)
    {
        // What went wrong stands at the end.
        var said = Quote(result.Errors.Length > 0 ? result.Errors : result.Output, fromEnd: true);
        return new WorkflowException(
            WorkflowError.Refused,
            $"'{CommandLine.Display(command)}' failed{Place} with exit code {result.ExitCode}{(said.Length > 0 ? $": {said}" : " and said nothing.")}");
    }

    private static string Quote(string text, bool fromEnd)
    {
        text = text.Trim();
        var part = text.Length <= LongestQuote ? text : fromEnd ? text[^LongestQuote..] : text[..LongestQuote];
        var line = new StringBuilder(part.Length);
        foreach (var character in part)
        {
            line.Append(char.IsControl(character) ? ' ' : character);
        }

        return line.ToString();
    }

    private async Task CarryOutAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var result = await _runner.RunAsync(command, _definition.Timeout, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw Failed(command, result);
        }
    }
}
