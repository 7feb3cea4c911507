namespace TfeBackup.Workflows.Configuration;

/// <summary>Reads <c>Installations:&lt;name&gt;:Restart</c>. Each kind has settings of its own; another kind's are faults.</summary>
internal static class RestartReader
{
    public static RestartDefinition Read(ConfigurationNode node)
    {
        if (!node.Exists)
        {
            return RestartDefinition.ByHand;
        }

        var restart = node.Choice<RestartKind>("Kind", fallback: null) switch
        {
            RestartKind.Command => ReadCommands(node),
            RestartKind.Replicated => ReadReplicated(node),
            RestartKind.DockerCompose => ReadDockerCompose(node),
            RestartKind.Systemd => ReadSystemd(node),
            RestartKind.Kubernetes => ReadKubernetes(node),
            RestartKind.Podman => ReadPodman(node),
            RestartKind.Nomad => ReadNomad(node),
            _ => ReadManual(node),
        };
        return restart with { Timeout = node.Duration("Timeout") ?? restart.Timeout };
    }

    private static RestartDefinition ReadManual(ConfigurationNode node)
    {
        // Where the kind itself is a fault, nobody can tell which settings belong to it.
        if (string.Equals(node.Text("Kind"), nameof(RestartKind.Manual), StringComparison.OrdinalIgnoreCase))
        {
            AllowOnly(node);
        }

        return RestartDefinition.ByHand;
    }

    private static RestartDefinition ReadCommands(ConfigurationNode node)
    {
        AllowOnly(node, "Drain", "Stop", "Status", "Start", "StoppedPattern", "RunningPattern");
        var restart = new RestartDefinition
        {
            Kind = RestartKind.Command,
            Drain = node.Command("Drain"),
            Stop = RequiredCommand(node, "Stop"),
            Status = RequiredCommand(node, "Status"),
            Start = RequiredCommand(node, "Start"),
            StoppedPattern = node.Pattern("StoppedPattern"),
            RunningPattern = node.Pattern("RunningPattern"),
        };
        if (restart.StoppedPattern is null != restart.RunningPattern is null)
        {
            node.Fault(
                restart.StoppedPattern is null ? "StoppedPattern" : "RunningPattern",
                "is missing; expected both patterns, or neither to go by the status command's exit code");
        }

        return restart;
    }

    private static RestartDefinition ReadReplicated(ConfigurationNode node)
    {
        AllowOnly(node);
        return RuntimeCommands.Replicated();
    }

    private static RestartDefinition ReadDockerCompose(ConfigurationNode node)
    {
        AllowOnly(node, "File", "Service");
        return RuntimeCommands.DockerCompose(RequiredFile(node, "the compose file"), node.Text("Service"));
    }

    private static RestartDefinition ReadSystemd(ConfigurationNode node)
    {
        AllowOnly(node, "Unit");
        return RuntimeCommands.Systemd(node.Required("Unit", "the unit, for example terraform-enterprise.service"));
    }

    private static RestartDefinition ReadKubernetes(ConfigurationNode node)
    {
        AllowOnly(node, "Namespace", "Deployment", "Selector", "Replicas");
        var deployment = node.Text("Deployment") ?? "terraform-enterprise";
        return RuntimeCommands.Kubernetes(
            node.Required("Namespace", "the namespace of the deployment"),
            deployment,
            node.Text("Selector") ?? $"app={deployment}",
            node.Text("Replicas") is null ? 1 : node.Count("Replicas"));
    }

    private static RestartDefinition ReadPodman(ConfigurationNode node)
    {
        AllowOnly(node, "File", "Pod");
        return RuntimeCommands.Podman(RequiredFile(node, "the pod's Kubernetes file"), node.Required("Pod", "the pod's name in that file"));
    }

    private static RestartDefinition ReadNomad(ConfigurationNode node)
    {
        AllowOnly(node, "Job", "File");
        return RuntimeCommands.Nomad(node.Required("Job", "the job's name"), RequiredFile(node, "the job's file"));
    }

    private static void AllowOnly(ConfigurationNode node, params ReadOnlySpan<string> ofThisKind) =>
        node.AllowOnly(["Kind", "Timeout", .. ofThisKind]);

    // As it is written, not made a path of this machine: the commands may run on another one.
    private static string RequiredFile(ConfigurationNode node, string expected)
    {
        var file = node.Required("File", $"the full path of {expected}");
        if (file.Length > 0 && file[0] != '/')
        {
            node.Fault("File", $"is '{file}'; expected a full path that begins with /");
        }

        return file;
    }

    private static IReadOnlyList<string> RequiredCommand(ConfigurationNode node, string key)
    {
        var command = node.Command(key);
        if (command.Count == 0 || command[0].Length == 0)
        {
            node.Fault(key, "is missing; expected a list, program first, one argument an element");
        }

        return command;
    }
}
