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
    /// <param name="values">The pairs of key and value in its section, keys relative to it.</param>
    /// <param name="path">The section's path, for messages.</param>
    /// <param name="others">Settings of the section that somebody else reads.</param>
    /// <param name="problem">Told of every problem: the setting's full path, and what was expected.</param>
    /// <returns>The settings; of use only if there was no problem.</returns>
    public static ApplicationSettings Read(
        IEnumerable<KeyValuePair<string, string?>> values, string path, IReadOnlyCollection<string> others, Action<string, string> problem)
    {
        ArgumentNullException.ThrowIfNull(others);
        var node = SettingsNode.Of(values, path, problem);
        var timeout = node.Duration("Timeout") ?? ApplicationSettings.DefaultTimeout;
        if (node.Choice<RuntimeKind>("Kind") is not { } kind)
        {
            // Nobody can tell which settings belong to a kind that is none.
            return new ApplicationSettings(default, new ApplicationCommands { Stop = [], Status = [], Start = [] }, timeout);
        }

        node.AllowOnly(["Kind", "Timeout", .. SettingsOf(kind), .. others]);
        return new ApplicationSettings(kind, ReadCommands(kind, node), timeout);
    }

    private static string[] SettingsOf(RuntimeKind kind) => kind switch
    {
        RuntimeKind.Command => ["Drain", "Stop", "Status", "Start", "StoppedPattern", "RunningPattern"],
        RuntimeKind.DockerCompose => ["File", "Service"],
        RuntimeKind.Systemd => ["Unit"],
        RuntimeKind.Kubernetes => ["Namespace", "Deployment", "Selector", "Replicas"],
        RuntimeKind.Podman => ["File", "Pod"],
        RuntimeKind.Nomad => ["Job", "File"],
        _ => [],
    };

    private static ApplicationCommands ReadCommands(RuntimeKind kind, SettingsNode node) => kind switch
    {
        RuntimeKind.Replicated => RuntimeCommands.Replicated(),
        RuntimeKind.DockerCompose => RuntimeCommands.DockerCompose(RequiredFile(node, "the compose file"), NullIfBlank(node["Service"])),
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
            Stop = RequiredCommand(node, "Stop"),
            Status = RequiredCommand(node, "Status"),
            Start = RequiredCommand(node, "Start"),
            StoppedPattern = node.Pattern("StoppedPattern"),
            RunningPattern = node.Pattern("RunningPattern"),
        };
        if (string.IsNullOrWhiteSpace(node["StoppedPattern"]) != string.IsNullOrWhiteSpace(node["RunningPattern"]))
        {
            node.Wrong(
                string.IsNullOrWhiteSpace(node["StoppedPattern"]) ? "StoppedPattern" : "RunningPattern",
                "both patterns, or neither to go by the status command's exit code; this one is missing");
        }

        return commands;
    }

    private static ApplicationCommands ReadKubernetes(SettingsNode node)
    {
        var deployment = NullIfBlank(node["Deployment"]) ?? UsualDeployment;
        return RuntimeCommands.Kubernetes(
            node.Required("Namespace", "the namespace of the deployment"),
            deployment,
            NullIfBlank(node["Selector"]) ?? $"app={deployment}",
            node.Count("Replicas", otherwise: 1));
    }

    // As it is written, not made a path of this machine: the commands may run on another one.
    private static string RequiredFile(SettingsNode node, string expected)
    {
        var file = node.Required("File", $"the full path of {expected}");
        if (file.Length > 0 && file[0] != '/')
        {
            node.Wrong("File", $"a full path that begins with /; found '{file}'");
        }

        return file;
    }

    private static IReadOnlyList<string> RequiredCommand(SettingsNode node, string name)
    {
        var command = node.Command(name);
        if (string.IsNullOrEmpty(node[name]) && (command.Count == 0 || command[0].Length == 0))
        {
            node.Wrong(name, "a list, program first, one argument an element; it is missing");
        }

        return command;
    }

    private static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
