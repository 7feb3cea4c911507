namespace TfeBackup.Installations;

/// <summary>The way an installation's application is restarted. Most are commands, of a runtime that the product comes with or of one's own.</summary>
public enum RestartKind
{
    /// <summary>By the operator: the operation waits for the word that it is done. The default.</summary>
    Manual,

    /// <summary>By the commands <c>Stop</c>, <c>Status</c> and <c>Start</c>, and <c>Drain</c> if there is one.</summary>
    Command,

    /// <summary>By Replicated.</summary>
    Replicated,

    /// <summary>By Docker Compose, with the project's <c>File</c>, and the <c>Service</c> to drain if it is to be.</summary>
    DockerCompose,

    /// <summary>By systemd, as the <c>Unit</c>.</summary>
    Systemd,

    /// <summary>By kubectl: <c>Namespace</c>, <c>Deployment</c>, the <c>Selector</c> of its pods, and how many <c>Replicas</c> to start.</summary>
    Kubernetes,

    /// <summary>By Podman, with the <c>Pod</c>'s <c>File</c>.</summary>
    Podman,

    /// <summary>By Nomad, with the <c>Job</c>'s <c>File</c>.</summary>
    Nomad,

    /// <summary>By the Kubernetes API, without commands: a <c>Deployment</c> is scaled to none and back.</summary>
    Aks,

    /// <summary>By the service beside the installation, through its control API: the service is configured with the runtime's commands.</summary>
    Service,
}
