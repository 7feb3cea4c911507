using TfeBackup.Engine.Settings;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Configuration;

/// <summary>Reads <c>Installations</c>.</summary>
internal static class InstallationReader
{
    public static Dictionary<string, InstallationConfiguration> ReadAll(SettingsNode node)
    {
        var installations = new Dictionary<string, InstallationConfiguration>(StringComparer.Ordinal);
        var names = node.ReadNames().ToList();
        foreach (var name in names)
        {
            if (InstallationName.IsValid(name))
            {
                installations.Add(name, Read(name, node.Section(name)));
            }
            else
            {
                node.Refuse(name, $" is not an installation's name; expected {InstallationName.Rule}");
            }
        }

        if (names.Count == 0)
        {
            node.Report(null, " is missing or empty; expected a section with at least one installation, by name");
        }

        foreach (var (name, installation) in installations)
        {
            if (installation.Definition.Drill is { Into.Length: > 0 } drill
                && DrillDefinition.FindFault(name, installations.GetValueOrDefault(drill.Into)?.Definition) is { } fault)
            {
                node.Section(name).Section("Drill").Report("Into", $" {fault}");
            }
        }

        return installations;
    }

    private static InstallationConfiguration Read(string name, SettingsNode node)
    {
        var mode = node.Choice<InstallationMode>("Mode") ?? InstallationMode.Api;
        var isDirect = mode == InstallationMode.Direct;
        foreach (var key in (isDirect ? (string[])["Endpoint", "TokenSecret"] : ["Direct"]).Where(node.Has))
        {
            node.NotAllowed(key, $"when Mode is {mode}");
        }

        var restart = RestartReader.Read(node.Section("Restart"));
        if (isDirect && restart.Kind == RestartKind.Service)
        {
            node.Section("Restart").AddError("Kind", $"another kind, since there is no service when Mode is {mode}");
        }

        var connection = new InstallationConnection
        {
            Name = name,
            Mode = mode,
            Direct = isDirect ? InstallationSettingsReader.Read(node.Section("Direct"), SettingsForm.WithNamesOfSecrets, name) : null,
            Endpoint = isDirect ? null : node.RequiredAddress("Endpoint"),
            Token = isDirect ? null : new SecretReference(node.Required("TokenSecret", "the name of the secret that holds the backup API's token")),
            CaFile = node.FilePath("CaFile"),
            Restart = restart,
            HealthUrl = node.Section("Health").Address("Url"),
        };
        var password = new SecretReference(node.Required("PasswordSecret", "the name of the secret that holds the backups' password"));
        var ping = node.Text("PingUrlSecret", "the name of the secret that holds the address to ping") is { } secret ? new SecretReference(secret) : null;
        var definition = new InstallationDefinition
        {
            Name = name,
            Password = password,
            Schedule = ReadSchedule(node),
            Retention = ReadRetention(node.Section("Retention")),
            RetentionSchedule = ReadSchedule(node.Section("Retention")),
            Drill = ReadDrill(node.Section("Drill")),
            Rpo = node.Duration("Rpo"),
            SkipObjectStorage = node.Flag("SkipObjectStorage"),
            RestartTimeout = restart.Timeout,
            Ping = ping,
            Secrets = [password, .. connection.Secrets(), .. ((SecretReference?[])[ping]).OfType<SecretReference>()],
        };
        return new InstallationConfiguration(definition, connection);
    }

    private static BackupSchedule? ReadSchedule(SettingsNode node)
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
        catch (OperationException)
        {
            node.AddError("Schedule", BackupSchedule.Rule);
            return null;
        }
    }

    private static DrillDefinition? ReadDrill(SettingsNode node)
    {
        if (!node.Exists)
        {
            return null;
        }

        return new DrillDefinition(
            node.Required("Into", "the name of a scratch installation, whose data a drill replaces"), ReadSchedule(node));
    }

    private static RetentionPolicy? ReadRetention(SettingsNode node)
    {
        if (!node.Exists)
        {
            return null;
        }

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
            node.Report(null, " keeps nothing; expected at least one of KeepLast, Daily, Weekly, Monthly, Yearly above 0, or no Retention at all to keep every backup");
        }

        return policy;
    }
}
