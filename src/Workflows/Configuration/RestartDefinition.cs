namespace TfeBackup.Workflows.Configuration;

/// <summary>
/// <c>Installations:&lt;name&gt;:Restart</c>. Commands are lists, program first, one argument an element; they are run without a shell.
/// </summary>
public sealed record RestartDefinition
{
    /// <summary>Restarted by hand.</summary>
    public static RestartDefinition ByHand { get; } = new();

    /// <summary><c>Kind</c>.</summary>
    public RestartKind Kind { get; init; }

    /// <summary><c>Via</c>: where the commands run.</summary>
    public RestartVia Via { get; init; }

    /// <summary>
    /// <c>VirtualMachine</c> or <c>ScaleSet</c>: the Azure resource id of what commands run on by Run Command, <c>/subscriptions/…/virtualMachines/…</c>.
    /// </summary>
    public string? Machine { get; init; }

    /// <summary>The machine that commands run on by SSH.</summary>
    public SshDefinition? Ssh { get; init; }

    /// <summary>The deployment, where the Kubernetes API restarts it.</summary>
    public AksDefinition? Aks { get; init; }

    /// <summary><c>Drain</c>: asks the application to finish its work; empty where there is none.</summary>
    public IReadOnlyList<string> Drain { get; init; } = [];

    /// <summary><c>Stop</c>: stops the application. Exit code 0 means accepted.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>
    /// <c>Status</c>: says whether it runs. Without the two patterns below, exit code 0 means running and 3 stopped (the LSB's
    /// convention, which <c>systemctl is-active</c> follows); anything else is a failure.
    /// </summary>
    public IReadOnlyList<string> Status { get; init; } = [];

    /// <summary><c>Start</c>: starts the application. Exit code 0 means accepted.</summary>
    public IReadOnlyList<string> Start { get; init; } = [];

    /// <summary>
    /// <c>StoppedPattern</c>: a .NET regular expression; the application is stopped when the status command exits with 0 and its output matches.
    /// </summary>
    public string? StoppedPattern { get; init; }

    /// <summary>
    /// <c>RunningPattern</c>: likewise, it runs. Output that matches neither (or both) means that it is changing.
    /// </summary>
    public string? RunningPattern { get; init; }

    /// <summary><c>Timeout</c>: how long one command may take, and how long the wait for stopped or ready may. Default 15 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(15);
}
