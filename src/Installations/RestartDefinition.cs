using TfeBackup.Engine.Application;

namespace TfeBackup.Installations;

/// <summary><c>Installations:&lt;name&gt;:Restart</c>.</summary>
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

    /// <summary>The commands, of the kinds that are commands.</summary>
    public ApplicationCommands? Commands { get; init; }

    /// <summary><c>Timeout</c>: how long one command may take, and how long the wait for stopped or ready may. Default 15 minutes.</summary>
    public TimeSpan Timeout { get; init; } = ApplicationSettings.DefaultTimeout;
}
