using TfeBackup.Engine.Settings;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Scheduling;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Workflows.Configuration;

/// <summary>Reads <c>Installations</c>.</summary>
internal static class InstallationReader
{
    public static Dictionary<string, InstallationDefinition> ReadAll(ConfigurationNode node)
    {
        var installations = new Dictionary<string, InstallationDefinition>(StringComparer.Ordinal);
        foreach (var name in node.Keys)
        {
            if (InstallationName.IsValid(name))
            {
                installations.Add(name, Read(name, node.Child(name)));
            }
            else
            {
                node.Fault(name, $"is not an installation's name; expected {InstallationName.Rule}");
            }
        }

        if (installations.Count == 0 && !node.Keys.Any())
        {
            node.Fault(null, "is missing or empty; expected a section with at least one installation, by name");
        }

        foreach (var (name, installation) in installations)
        {
            if (installation.Drill is { Into.Length: > 0 } drill
                && DrillDefinition.FindFault(name, installations.GetValueOrDefault(drill.Into)) is { } fault)
            {
                node.Child(name).Child("Drill").Fault("Into", fault);
            }
        }

        return installations;
    }

    private static InstallationDefinition Read(string name, ConfigurationNode node)
    {
        node.AllowOnly(
            "Mode", "Direct", "Endpoint", "TokenSecret", "PasswordSecret", "Schedule", "Retention", "Rpo", "SkipObjectStorage", "CaFile", "Restart", "Health", "Drill");
        var health = node.Child("Health");
        health.AllowOnly("Url");
        var mode = node.Choice<InstallationMode>("Mode", InstallationMode.Api);
        var isDirect = mode == InstallationMode.Direct;
        foreach (var key in isDirect ? (string[])["Endpoint", "TokenSecret"] : ["Direct"])
        {
            if (node.Child(key).Exists)
            {
                node.Fault(key, $"is of no use where Mode is {mode}; expected none");
            }
        }

        var restart = RestartReader.Read(node.Child("Restart"));
        if (isDirect && restart.Kind == RestartKind.Service)
        {
            node.Child("Restart").Fault("Kind", $"is Service, and where Mode is {mode} there is no service; expected another kind");
        }

        return new InstallationDefinition
        {
            Name = name,
            Mode = mode,
            Direct = isDirect ? ReadDirect(name, node.Child("Direct")) : null,
            Endpoint = isDirect ? null : node.RequiredHttpUri("Endpoint"),
            Token = isDirect ? null : new SecretReference(node.Required("TokenSecret", "the name of the secret that holds the backup API's token")),
            Password = new SecretReference(node.Required("PasswordSecret", "the name of the secret that holds the backups' password")),
            Schedule = ReadSchedule(node),
            Retention = ReadRetention(node.Child("Retention")),
            RetentionSchedule = ReadSchedule(node.Child("Retention")),
            Drill = ReadDrill(node.Child("Drill")),
            Rpo = node.Duration("Rpo"),
            SkipObjectStorage = node.Flag("SkipObjectStorage"),
            CaFile = node.FilePath("CaFile"),
            Restart = restart,
            HealthUrl = health.HttpUri("Url"),
        };
    }

    private static BackupSchedule? ReadSchedule(ConfigurationNode node)
    {
        var text = node.Text("Schedule");
        if (text is null)
        {
            return null;
        }

        try
        {
            return BackupSchedule.Parse(text);
        }
        catch (WorkflowException e)
        {
            node.Fault("Schedule", e.Message.TrimEnd('.'));
            return null;
        }
    }

    private static InstallationSettings ReadDirect(string name, ConfigurationNode node) =>
        InstallationSettingsReader.Read(
            node.Pairs(), node.Path, SettingsForm.WithNamesOfSecrets, name, others: [], (path, problem) => node.FaultAt(path, problem));

    private static DrillDefinition? ReadDrill(ConfigurationNode node)
    {
        if (!node.Exists)
        {
            return null;
        }

        node.AllowOnly("Into", "Schedule");
        return new DrillDefinition(
            node.Required("Into", "the name of a scratch installation, whose data a drill replaces"), ReadSchedule(node));
    }

    private static RetentionPolicy? ReadRetention(ConfigurationNode node)
    {
        if (!node.Exists)
        {
            return null;
        }

        node.AllowOnly("KeepLast", "Daily", "Weekly", "Monthly", "Yearly", "Schedule");
        var policy = new RetentionPolicy
        {
            KeepLast = node.Count("KeepLast"),
            Daily = node.Count("Daily"),
            Weekly = node.Count("Weekly"),
            Monthly = node.Count("Monthly"),
            Yearly = node.Count("Yearly"),
        };
        if (policy == new RetentionPolicy())
        {
            node.Fault(null, "keeps nothing; expected at least one of KeepLast, Daily, Weekly, Monthly, Yearly above 0, or no Retention at all to keep every backup");
        }

        return policy;
    }
}
