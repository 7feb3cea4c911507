using System.Globalization;

namespace TfeBackup.Engine.Application;

/// <summary>
/// The commands of the runtimes the product comes with. All may be repeated: stopping what is stopped and starting what runs succeed.
/// </summary>
internal static class RuntimeCommands
{
    /// <summary>Replicated: <c>replicatedctl app stop</c>, <c>status</c> (JSON, a state for each application), <c>start</c>.</summary>
    public static ApplicationCommands Replicated() => new()
    {
        Stop = ["replicatedctl", "app", "stop"],
        Status = ["replicatedctl", "app", "status"],
        Start = ["replicatedctl", "app", "start"],
        StoppedPattern = EveryState("stopped"),
        RunningPattern = EveryState("started"),
    };

    /// <summary>Docker Compose, with the project's file.</summary>
    /// <param name="file">The compose file.</param>
    /// <param name="service">The product's service, for draining; null for no draining.</param>
    public static ApplicationCommands DockerCompose(string file, string? service = null) => new()
    {
        Drain = service is null ? [] : ["docker", "compose", "--file", file, "exec", "--no-TTY", service, "tfectl", "node", "drain"],
        Stop = ["docker", "compose", "--file", file, "down"],
        Status = ["docker", "compose", "--file", file, "ps", "--all", "--format", "{{.State}}"],
        Start = ["docker", "compose", "--file", file, "up", "--detach"],
        StoppedPattern = @"\A\s*(?:(?:exited|created|dead)\s*)*\z",
        RunningPattern = @"\A\s*(?:running\s*)+\z",
    };

    /// <summary>A systemd unit, as for Docker Compose or Podman run by one.</summary>
    /// <param name="unit">The unit, <c>terraform-enterprise.service</c>.</param>
    public static ApplicationCommands Systemd(string unit) => new()
    {
        Stop = ["systemctl", "stop", unit],
        Status = ["systemctl", "show", "--property=ActiveState", "--value", unit],
        Start = ["systemctl", "start", unit],
        StoppedPattern = @"\A\s*(?:inactive|failed)\s*\z",
        RunningPattern = @"\A\s*active\s*\z",
    };

    /// <summary>Kubernetes: scales a deployment to zero and back, and inspects its pods, terminating ones included.</summary>
    /// <param name="namespaceName">The namespace.</param>
    /// <param name="deployment">The deployment, <c>terraform-enterprise</c>.</param>
    /// <param name="selector">The labels of its pods, <c>app=terraform-enterprise</c>.</param>
    /// <param name="replicas">The number to start.</param>
    public static ApplicationCommands Kubernetes(string namespaceName, string deployment, string selector, int replicas = 1) => new()
    {
        Stop = Scale(namespaceName, deployment, 0),
        Status =
        [
            "kubectl", "--namespace", namespaceName, "get", "pods", "--selector", selector,
            "--output", "jsonpath={range .items[*]}{.metadata.deletionTimestamp} {.status.phase}{\"\\n\"}{end}",
        ],
        Start = Scale(namespaceName, deployment, replicas),
        StoppedPattern = @"\A\s*(?: (?:Succeeded|Failed)\s*)*\z",
        RunningPattern = @"\A(?: Running\n)+\z",
    };

    /// <summary>Podman, with the pod's Kubernetes file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="pod">The pod's name in it.</param>
    public static ApplicationCommands Podman(string file, string pod) => new()
    {
        Stop = ["podman", "kube", "play", "--down", file],
        Status = ["podman", "pod", "ps", "--filter", $"name=^{pod}$", "--format", "{{.Status}}"],
        Start = ["podman", "kube", "play", "--replace", file],
        StoppedPattern = @"\A\s*(?:(?:Exited|Created|Stopped|Dead)\s*)*\z",
        RunningPattern = @"\A\s*(?:Running\s*)+\z",
    };

    /// <summary>Nomad, with the job's file.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="file">Its file.</param>
    public static ApplicationCommands Nomad(string job, string file) => new()
    {
        Stop = ["nomad", "job", "stop", "-detach", job],
        Status = ["nomad", "job", "allocs", "-t", "{{ range . }}{{ .ClientStatus }}{{ \"\\n\" }}{{ end }}", job],
        Start = ["nomad", "job", "run", "-detach", file],
        StoppedPattern = @"\A(?!(?s:.*)\b(?:running|pending)\b)",
        RunningPattern = @"\A(?!(?s:.*)\bpending\b)(?s:.*)\brunning\b",
    };

    private static string EveryState(string state) =>
        $"""(?s)\A(?!.*"State"\s*:\s*"(?!{state}")).*"State"\s*:\s*"{state}".*\z""";

    private static string[] Scale(string namespaceName, string deployment, int replicas) =>
    [
        "kubectl", "--namespace", namespaceName, "scale", $"deployment/{deployment}",
        $"--replicas={replicas.ToString(CultureInfo.InvariantCulture)}",
    ];
}
