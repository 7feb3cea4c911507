using System.Text.RegularExpressions;
using TfeBackup.Engine.Application;
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
        return kind is RestartKind.Manual or RestartKind.Aks or RestartKind.Service
            ? ReadWithoutCommands(node, kind) with { Timeout = node.Duration("Timeout") ?? ApplicationSettings.DefaultTimeout }
            : ReadCommands(node, kind);
    }

    private static RestartDefinition ReadWithoutCommands(ConfigurationNode node, RestartKind kind)
    {
        if (kind == RestartKind.Aks)
        {
            return ReadAks(node);
        }

        // Where the kind itself is a fault, nobody can tell which settings belong to it.
        if (string.Equals(node.Text("Kind"), kind.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            AllowOnly(node);
        }

        return new RestartDefinition { Kind = kind };
    }

    private static RestartDefinition ReadCommands(ConfigurationNode node, RestartKind kind)
    {
        // Where they run is a matter of its own, and every kind that is commands has it.
        string[] place = node.Text("Via")?.ToUpperInvariant() switch
        {
            "RUNCOMMAND" => ["Via", "VirtualMachine", "ScaleSet"],
            "SSH" => ["Via", "Host", "Port", "User", "KeySecret", "HostKey"],
            _ => ["Via"],
        };
        var application = ApplicationSettingsReader.Read(
            node.Pairs(), node.Path, others: place, (path, problem) => node.FaultAt(path, problem));
        var restart = new RestartDefinition { Kind = kind, Commands = application.Commands, Timeout = application.Timeout };
        var via = node.Choice<RestartVia>("Via", RestartVia.Local);
        return via switch
        {
            RestartVia.RunCommand => restart with { Via = via, Machine = ReadMachine(node) },
            RestartVia.Ssh => restart with { Via = via, Ssh = ReadSsh(node) },
            _ => restart,
        };
    }

    private static RestartDefinition ReadAks(ConfigurationNode node)
    {
        AllowOnly(node, "Namespace", "Deployment", "Replicas", "Cluster", "KubeconfigSecret", "ApiServer", "CaFile");
        var cluster = node.Text("Cluster");
        var kubeconfig = node.Text("KubeconfigSecret");
        if (((string?[])[cluster, kubeconfig, node.Text("ApiServer")]).Count(way => way is not null) > 1)
        {
            node.Fault(cluster is null ? "ApiServer" : "Cluster", "is one way too many; expected one of Cluster, KubeconfigSecret and ApiServer, or none inside the cluster");
        }

        if (cluster is not null && !ClusterId().IsMatch(cluster))
        {
            node.Fault("Cluster", "is not a resource id; expected /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.ContainerService/managedClusters/<name>");
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
                node.FilePath("CaFile"))
            { Cluster = cluster },
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

    [GeneratedRegex(@"\A/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/[^/]+/providers/Microsoft\.ContainerService/managedClusters/[^/]+\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ClusterId();

    [GeneratedRegex(@"\ASHA256:[A-Za-z0-9+/]{43}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Fingerprint();

    private static void AllowOnly(ConfigurationNode node, params ReadOnlySpan<string> ofThisKind) =>
        node.AllowOnly(["Kind", "Timeout", .. ofThisKind]);
}
