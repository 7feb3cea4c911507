using TfeBackup.Engine.Settings;

namespace TfeBackup.Engine.Application;

/// <summary>
/// Reads how an application is stopped and started, the same wherever that is configured. Each kind of runtime has settings of its own; another
/// kind's are problems.
/// </summary>
public static class ApplicationSettingsReader
{
    private const string UsualDeployment = "terraform-enterprise";

    /// <summary>Reads the settings of one application.</summary>
    /// <param name="node">Its section.</param>
    /// <returns>The settings; of use only if there was no fault.</returns>
    public static ApplicationSettings Read(SettingsNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var kind = node.Choice<RuntimeKind>("Kind", required: true);
        var timeout = node.Duration("Timeout") ?? ApplicationSettings.DefaultTimeout;
        if (kind is null)
        {
            // Nobody can tell which settings belong to a kind that is none.
            node.AllowAll();
            return new ApplicationSettings(default, new ApplicationCommands { Stop = [], Status = [], Start = [] }, timeout);
        }

        return new ApplicationSettings(kind.Value, ReadCommands(kind.Value, node), timeout);
    }

    private static ApplicationCommands ReadCommands(RuntimeKind kind, SettingsNode node) => kind switch
    {
        RuntimeKind.Replicated => RuntimeCommands.Replicated(),
        RuntimeKind.DockerCompose => RuntimeCommands.DockerCompose(RequiredFile(node, "the compose file"), node.Text("Service")),
        RuntimeKind.Systemd => RuntimeCommands.Systemd(node.Required("Unit", "the unit, for example terraform-enterprise.service")),
        RuntimeKind.Kubernetes => ReadKubernetes(node),
        RuntimeKind.Podman => RuntimeCommands.Podman(
            RequiredFile(node, "the pod's Kubernetes file"), node.Required("Pod", "the pod's name in that file")),
        RuntimeKind.Nomad => RuntimeCommands.Nomad(node.Required("Job", "the job's name"), RequiredFile(node, "the job's file")),
        _ => ReadOwnCommands(node),
    };

    private static ApplicationCommands ReadOwnCommands(SettingsNode node)
    {
        var commands = new ApplicationCommands
        {
            Drain = node.Command("Drain"),
            Stop = node.Command("Stop", required: true),
            Status = node.Command("Status", required: true),
            Start = node.Command("Start", required: true),
            StoppedPattern = node.Pattern("StoppedPattern"),
            RunningPattern = node.Pattern("RunningPattern"),
        };
        if (commands.StoppedPattern is null != commands.RunningPattern is null)
        {
            node.AddError(
                commands.StoppedPattern is null ? "StoppedPattern" : "RunningPattern",
                "both patterns, or neither to use the status command's exit code");
        }

        return commands;
    }

    private static ApplicationCommands ReadKubernetes(SettingsNode node)
    {
        var deployment = node.Text("Deployment") ?? UsualDeployment;
        return RuntimeCommands.Kubernetes(
            node.Required("Namespace", "the namespace of the deployment"),
            deployment,
            node.Text("Selector") ?? $"app={deployment}",
            node.Count("Replicas", otherwise: 1));
    }

    // As it is written, not made a path of this machine: the commands may run on another one.
    private static string RequiredFile(SettingsNode node, string expected)
    {
        var file = node.Required("File", $"the full path of {expected}");
        if (file.Length > 0 && file[0] != '/')
        {
            node.AddError("File", "an absolute path");
        }

        return file;
    }
}
