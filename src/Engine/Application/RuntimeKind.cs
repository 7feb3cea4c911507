namespace TfeBackup.Engine.Application;

/// <summary>The runtime of an application: a built-in one or custom commands.</summary>
public enum RuntimeKind
{
    /// <summary>One's own commands: <c>Stop</c>, <c>Status</c> and <c>Start</c>, and <c>Drain</c> if there is one.</summary>
    Command,

    /// <summary>Replicated.</summary>
    Replicated,

    /// <summary>Docker Compose, with the project's <c>File</c>, and the <c>Service</c> to drain if it is to be.</summary>
    DockerCompose,

    /// <summary>systemd, as the <c>Unit</c>.</summary>
    Systemd,

    /// <summary>Kubernetes, by kubectl: <c>Namespace</c>, <c>Deployment</c>, the <c>Selector</c> of its pods, and how many <c>Replicas</c> to start.</summary>
    Kubernetes,

    /// <summary>Podman, with the <c>Pod</c>'s <c>File</c>.</summary>
    Podman,

    /// <summary>Nomad, with the <c>Job</c>'s <c>File</c>.</summary>
    Nomad,
}
