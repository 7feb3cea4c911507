using System.Text.RegularExpressions;
using TfeBackup.Engine.Application;
using TfeBackup.Engine.Settings;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Configuration;

/// <summary>Reads <c>Installations:&lt;name&gt;:Restart</c>. Each kind has settings of its own; another kind's are faults.</summary>
internal static partial class RestartReader
{
    public static RestartDefinition Read(SettingsNode node)
    {
        if (!node.Exists)
        {
            return RestartDefinition.ByHand;
        }

        if (node.Choice<RestartKind>("Kind", required: true) is not { } kind)
        {
            // An unknown kind has no known settings.
            node.AllowAll();
            return RestartDefinition.ByHand;
        }

        var timeout = node.Duration("Timeout") ?? ApplicationSettings.DefaultTimeout;
        return kind switch
        {
            RestartKind.Manual or RestartKind.Service => new RestartDefinition { Kind = kind, Timeout = timeout },
            RestartKind.Aks => ReadAks(node) with { Timeout = timeout },
            _ => ReadCommands(node, kind) with { Timeout = timeout },
        };
    }

    private static RestartDefinition ReadCommands(SettingsNode node, RestartKind kind)
    {
        var restart = new RestartDefinition { Kind = kind, Commands = ApplicationSettingsReader.Read(node).Commands };

        // Every kind made of commands also says where they run.
        var via = node.Choice<RestartVia>("Via") ?? RestartVia.Local;
        return via switch
        {
            RestartVia.RunCommand => restart with { Via = via, Machine = ReadMachine(node) },
            RestartVia.Ssh => restart with { Via = via, Ssh = ReadSsh(node) },
            _ => restart,
        };
    }

    private static RestartDefinition ReadAks(SettingsNode node)
    {
        var cluster = node.Text("Cluster");
        var kubeconfig = node.Text("KubeconfigSecret");
        string[] ways = [.. ((string[])["Cluster", "KubeconfigSecret", "ApiServer"]).Where(node.Has)];
        if (ways.Length > 1)
        {
            node.NotAllowed(ways[^1], $"with {ways[0]}");
        }

        if (cluster is not null && !ClusterId().IsMatch(cluster))
        {
            node.AddError("Cluster", "the resource id /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.ContainerService/managedClusters/<name>");
        }

        return new RestartDefinition
        {
            Kind = RestartKind.Aks,
            Aks = new AksDefinition(
                node.Required("Namespace", "the namespace of the deployment"),
                node.Text("Deployment") ?? "terraform-enterprise",
                node.Count("Replicas", otherwise: 1),
                kubeconfig is null ? null : new SecretReference(kubeconfig),
                node.Address("ApiServer"),
                node.FilePath("CaFile"))
            { Cluster = cluster },
        };
    }

    private static string? ReadMachine(SettingsNode node)
    {
        node.ExactlyOne("VirtualMachine", "ScaleSet");
        var (key, type) = node.Has("ScaleSet") ? ("ScaleSet", "virtualMachineScaleSets") : ("VirtualMachine", "virtualMachines");
        var id = node.Text(key);
        if (id is not null && (!MachineId().IsMatch(id) || !id.Contains($"/{type}/", StringComparison.OrdinalIgnoreCase)))
        {
            node.AddError(key, $"the resource id /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Compute/{type}/<name>");
        }

        return id;
    }

    private static SshDefinition ReadSsh(SettingsNode node)
    {
        var hostKey = node.Required("HostKey", "the fingerprint of the host's key, SHA256:…, as ssh-keygen -l prints it");
        if (hostKey.Length > 0 && !Fingerprint().IsMatch(hostKey))
        {
            node.AddError("HostKey", "SHA256: and 43 characters, as ssh-keygen -l prints it");
        }

        return new SshDefinition(
            node.Required("Host", "the name or address of the machine that the commands run on"),
            node.Count("Port", otherwise: 22, least: 1, most: 65_535),
            node.Required("User", "the user to log in as"),
            new SecretReference(node.Required("KeySecret", "the name of the secret that holds the private key")),
            hostKey);
    }

    [GeneratedRegex(@"\A/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/[^/]+/providers/Microsoft\.Compute/(?:virtualMachines|virtualMachineScaleSets)/[^/]+\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MachineId();

    [GeneratedRegex(@"\A/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/[^/]+/providers/Microsoft\.ContainerService/managedClusters/[^/]+\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ClusterId();

    [GeneratedRegex(@"\ASHA256:[A-Za-z0-9+/]{43}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Fingerprint();
}
