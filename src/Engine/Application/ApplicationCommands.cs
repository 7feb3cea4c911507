namespace TfeBackup.Engine.Application;

/// <summary>
/// The commands that stop and start an application. Each is a list, program first, one argument an element; they are run without a shell.
/// </summary>
public sealed record ApplicationCommands
{
    /// <summary><c>Drain</c>: asks the application to finish its work; empty where there is none.</summary>
    public IReadOnlyList<string> Drain { get; init; } = [];

    /// <summary><c>Stop</c>: stops the application. Exit code 0 means accepted.</summary>
    public required IReadOnlyList<string> Stop { get; init; }

    /// <summary>
    /// <c>Status</c>: says whether it runs. Without the two patterns below, exit code 0 means running and 3 stopped (the LSB's
    /// convention, which <c>systemctl is-active</c> follows); anything else is a failure.
    /// </summary>
    public required IReadOnlyList<string> Status { get; init; }

    /// <summary><c>Start</c>: starts the application. Exit code 0 means accepted.</summary>
    public required IReadOnlyList<string> Start { get; init; }

    /// <summary>
    /// <c>StoppedPattern</c>: a .NET regular expression; the application is stopped when the status command exits with 0 and its output matches.
    /// </summary>
    public string? StoppedPattern { get; init; }

    /// <summary>
    /// <c>RunningPattern</c>: likewise, it runs. Output that matches neither (or both) means that it is changing.
    /// </summary>
    public string? RunningPattern { get; init; }
}
