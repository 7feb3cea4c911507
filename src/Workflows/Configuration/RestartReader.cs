using System.Text.RegularExpressions;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Workflows.Configuration;

/// <summary>Reads <c>Installations:&lt;name&gt;:Restart</c>. Each kind has settings of its own; another kind's are faults.</summary>
internal static partial class RestartReader
{
    public static RestartDefinition Read(ConfigurationNode node)
    {
        if (!node.Exists)
        {
            return RestartDefinition.ByHand;
        }

        var kind = node.Choice<RestartKind>("Kind", fallback: null);
        var restart = kind switch
        {
            RestartKind.Command => ReadCommands(node),
            RestartKind.Replicated => ReadReplicated(node),
            RestartKind.DockerCompose => ReadDockerCompose(node),
            RestartKind.Systemd => ReadSystemd(node),
            RestartKind.Kubernetes => ReadKubernetes(node),
            RestartKind.Podman => ReadPodman(node),
            RestartKind.Nomad => ReadNomad(node),
            RestartKind.Aks => ReadAks(node),
            _ => ReadManual(node),
        };
        if (kind is not (RestartKind.Manual or RestartKind.Aks))
        {
            restart = ReadVia(node, restart);
        }

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
        AllowCommands(node, "Drain", "Stop", "Status", "Start", "StoppedPattern", "RunningPattern");
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
        AllowCommands(node);
        return RuntimeCommands.Replicated();
    }

    private static RestartDefinition ReadDockerCompose(ConfigurationNode node)
    {
        AllowCommands(node, "File", "Service");
        return RuntimeCommands.DockerCompose(RequiredFile(node, "the compose file"), node.Text("Service"));
    }

    private static RestartDefinition ReadSystemd(ConfigurationNode node)
    {
        AllowCommands(node, "Unit");
        return RuntimeCommands.Systemd(node.Required("Unit", "the unit, for example terraform-enterprise.service"));
    }

    private static RestartDefinition ReadKubernetes(ConfigurationNode node)
    {
        AllowCommands(node, "Namespace", "Deployment", "Selector", "Replicas");
        var deployment = node.Text("Deployment") ?? "terraform-enterprise";
        return RuntimeCommands.Kubernetes(
            node.Required("Namespace", "the namespace of the deployment"),
            deployment,
            node.Text("Selector") ?? $"app={deployment}",
            node.Text("Replicas") is null ? 1 : node.Count("Replicas"));
    }

    private static RestartDefinition ReadPodman(ConfigurationNode node)
    {
        AllowCommands(node, "File", "Pod");
        return RuntimeCommands.Podman(RequiredFile(node, "the pod's Kubernetes file"), node.Required("Pod", "the pod's name in that file"));
    }

    private static RestartDefinition ReadNomad(ConfigurationNode node)
    {
        AllowCommands(node, "Job", "File");
        return RuntimeCommands.Nomad(node.Required("Job", "the job's name"), RequiredFile(node, "the job's file"));
    }

    private static RestartDefinition ReadAks(ConfigurationNode node)
    {
        AllowOnly(node, "Namespace", "Deployment", "Replicas", "KubeconfigSecret", "ApiServer", "CaFile");
        var kubeconfig = node.Text("KubeconfigSecret");
        if (kubeconfig is not null && node.Text("ApiServer") is not null)
        {
            node.Fault("ApiServer", "is there beside KubeconfigSecret; expected one of them, or neither inside the cluster");
        }

        return new RestartDefinition
        {
            Kind = RestartKind.Aks,
            Aks = new AksDefinition(
                node.Required("Namespace", "the namespace of the deployment"),
                node.Text("Deployment") ?? "terraform-enterprise",
                node.Text("Replicas") is null ? 1 : node.Count("Replicas"),
                kubeconfig is null ? null : new SecretReference(kubeconfig),
                node.HttpUri("ApiServer"),
                node.FilePath("CaFile")),
        };
    }

    private static RestartDefinition ReadVia(ConfigurationNode node, RestartDefinition restart)
    {
        var via = node.Choice<RestartVia>("Via", RestartVia.Local);
        return via switch
        {
            RestartVia.RunCommand => restart with { Via = via, Machine = ReadMachine(node) },
            RestartVia.Ssh => restart with { Via = via, Ssh = ReadSsh(node) },
            _ => restart,
        };
    }

    private static string? ReadMachine(ConfigurationNode node)
    {
        var key = node.Text("ScaleSet") is null ? "VirtualMachine" : "ScaleSet";
        var id = node.Text(key);
        var type = key == "ScaleSet" ? "virtualMachineScaleSets" : "virtualMachines";
        if (id is null || (key == "ScaleSet" && node.Text("VirtualMachine") is not null))
        {
            node.Fault("VirtualMachine", "expected either this or ScaleSet, with the resource id of what the commands run on");
        }
        else if (!MachineId().IsMatch(id) || !id.Contains($"/{type}/", StringComparison.OrdinalIgnoreCase))
        {
            node.Fault(key, $"is not a resource id; expected /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Compute/{type}/<name>");
        }

        return id;
    }

    private static SshDefinition ReadSsh(ConfigurationNode node)
    {
        var hostKey = node.Required("HostKey", "the fingerprint of the host's key, SHA256:…, as ssh-keygen -l prints it");
        if (hostKey.Length > 0 && !Fingerprint().IsMatch(hostKey))
        {
            node.Fault("HostKey", $"is '{hostKey}'; expected SHA256: and 43 characters, as ssh-keygen -l prints it");
        }

        var port = node.Text("Port") is null ? 22 : node.Count("Port");
        if (port is < 1 or > 65535)
        {
            node.Fault("Port", "expected a number from 1 to 65535");
        }

        return new SshDefinition(
            node.Required("Host", "the name or address of the machine that the commands run on"),
            port,
            node.Required("User", "the user who logs in"),
            new SecretReference(node.Required("KeySecret", "the name of the secret that holds the private key")),
            hostKey);
    }

    [GeneratedRegex(@"\A/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/[^/]+/providers/Microsoft\.Compute/(?:virtualMachines|virtualMachineScaleSets)/[^/]+\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MachineId();

    [GeneratedRegex(@"\ASHA256:[A-Za-z0-9+/]{43}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Fingerprint();

    // Where they run is a matter of its own, and every kind that is commands has it.
    private static void AllowCommands(ConfigurationNode node, params ReadOnlySpan<string> ofThisKind)
    {
        string[] place = node.Text("Via")?.ToUpperInvariant() switch
        {
            "RUNCOMMAND" => ["Via", "VirtualMachine", "ScaleSet"],
            "SSH" => ["Via", "Host", "Port", "User", "KeySecret", "HostKey"],
            _ => ["Via"],
        };
        AllowOnly(node, [.. ofThisKind, .. place]);
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
