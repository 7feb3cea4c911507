using Microsoft.Extensions.Configuration;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;

namespace TfeBackup.Hosting.Tests.Configuration;

public sealed class BackupConfigurationTests
{
    private static readonly Dictionary<string, string?> Complete = new()
    {
        ["Installations:old:Endpoint"] = "https://old.example.com",
        ["Installations:old:TokenSecret"] = "old-token",
        ["Installations:old:PasswordSecret"] = "backup-password",
        ["Installations:old:Schedule"] = "0 0 3 * * *",
        ["Installations:old:Retention:KeepLast"] = "7",
        ["Installations:old:Retention:Monthly"] = "12",
        ["Installations:old:Rpo"] = "1.02:00:00",
        ["Installations:old:SkipObjectStorage"] = "true",
        ["Installations:old:CaFile"] = "ca.pem",
        ["Installations:old:Restart:Kind"] = "Command",
        ["Installations:old:Restart:Stop:0"] = "docker",
        ["Installations:old:Restart:Stop:1"] = "compose",
        ["Installations:old:Restart:Stop:2"] = "down",
        ["Installations:old:Restart:Status:0"] = "status.sh",
        ["Installations:old:Restart:Start:0"] = "start.sh",
        ["Installations:old:Health:Url"] = "https://old.example.com/api/v1/health/readiness",
        ["Store:Kind"] = "Directory",
        ["Store:Path"] = "backups",
        ["Secrets:Kind"] = "File",
        ["Secrets:Path"] = "/etc/tfe-backup/secrets",
        ["State:Path"] = "state/journal.db",
        ["Logging:LogLevel:Default"] = "Warning",
    };

    [Fact]
    public void A_complete_document_is_read_with_paths_relative_to_its_folder()
    {
        var read = Read();
        var old = Assert.Single(read.Installations).Value;

        Assert.Equal(new Uri("https://old.example.com"), old.Connection.Endpoint);
        Assert.Equal(("old", "old-token", "backup-password"), (old.Definition.Name, old.Connection.Token!.Name, old.Definition.Password.Name));
        Assert.Equal("0 0 3 * * *", old.Definition.Schedule!.Expression);
        Assert.Equal(new RetentionPolicy { KeepLast = 7, Monthly = 12 }, old.Definition.Retention);
        Assert.Equal(TimeSpan.FromHours(26), old.Definition.Rpo);
        Assert.True(old.Definition.SkipObjectStorage);
        Assert.Equal("/srv/backup/ca.pem", old.Connection.CaFile);
        Assert.Equal(["docker", "compose", "down"], old.Connection.Restart.Commands!.Stop);
        Assert.Equal((RestartKind.Command, TimeSpan.FromMinutes(15)), (old.Connection.Restart.Kind, old.Connection.Restart.Timeout));
        Assert.Equal("/api/v1/health/readiness", old.Connection.HealthUrl!.AbsolutePath);
        Assert.Equal((StoreKind.Directory, "/srv/backup/backups"), (read.Store.Kind, read.Store.Path));
        Assert.Equal(new SecretsDefinition(SecretsKind.File, "/etc/tfe-backup/secrets"), read.Secrets);
        Assert.Equal("/srv/backup/state/journal.db", read.State.Path);
    }

    [Theory]
    [InlineData("Installations:old:Endpoint", null, "Installations:old:Endpoint is missing; expected https://host[:port], without user or password.")]
    [InlineData("Installations:old:Endpoint", "ftp://x", "Installations:old:Endpoint: expected https://host[:port], without user or password.")]
    [InlineData("Installations:old:TokenSecret", " ", "Installations:old:TokenSecret is missing; expected the name of the secret that holds the backup API's token.")]
    [InlineData("Installations:old:Schedule", "0 3 * * *", "Installations:old:Schedule: found '0 3 * * *'; expected")]
    [InlineData("Installations:old:Retention:KeepLst", "3", "Installations:old:Retention:KeepLst is not a setting; did you mean 'KeepLast'? Installations:old:Retention has KeepLast")]
    [InlineData("Installations:old:Retention:KeepLast", "-1", "Installations:old:Retention:KeepLast: found '-1'; expected a whole number from 0 to 100000.")]
    [InlineData("Installations:old:Rpo", "26", "Installations:old:Rpo: found '26'; expected a time such as 1.02:00:00")]
    [InlineData("Installations:old:SkipObjectStorage", "perhaps", "Installations:old:SkipObjectStorage: found 'perhaps'; expected true or false.")]
    [InlineData("Installations:old:Restart:Kind", "2", "Installations:old:Restart:Kind: found '2'; expected Manual or Command or Replicated or")]
    [InlineData("Installations:old:Restart:Start:0", null, "Installations:old:Restart:Start is missing; expected a list: the program, then one argument per element (no shell is involved).")]
    [InlineData("Installations:old:Restart:Start", "systemctl start tfe", "Installations:old:Restart:Start: expected a list: the program, then one argument per element (no shell is involved).")]
    [InlineData("Installations:old:Restart:RunningPattern", "up", "Installations:old:Restart:StoppedPattern is missing; expected both patterns, or neither")]
    [InlineData("Installations:old:Restart:StoppedPattern", "(", "Installations:old:Restart:StoppedPattern: found '('; expected a regular expression")]
    [InlineData("Installations:Old_1:Endpoint", "https://x", "Installations:Old_1 is not an installation's name; expected 1 to 40 lower-case letters")]
    [InlineData("Store:Kind", "Tape", "Store:Kind: found 'Tape'; expected Directory or AzureBlob.")]
    [InlineData("Store:Kind", "AzureBlob", "Store:Container is missing; expected the name of the Blob container")]
    [InlineData("Store:Path", null, "Store:Path is missing; expected the directory that backups are kept in.")]
    [InlineData("Secrets:Path", null, "Secrets:Path is missing; expected the file that holds the secrets, readable by its owner only.")]
    [InlineData("State:File", "x", "State:File is not a setting; State has Path.")]
    [InlineData("Operations:KeepFor", "90", "Operations:KeepFor: found '90'; expected a time such as 1.02:00:00")]
    [InlineData("Operations:KeepFor", "12:00:00", "Operations:KeepFor: found '12:00:00'; expected at least a day")]
    [InlineData("Operations:Keep", "30.00:00:00", "Operations:Keep is not a setting; Operations has KeepFor,")]
    public void A_fault_is_named_by_file_key_and_what_was_expected(string key, string? value, string expected)
    {
        var fault = Assert.Throws<OperationException>(() => Read((key, value)));

        Assert.Equal(OperationError.InvalidConfiguration, fault.Error);
        Assert.Contains(fault.Message.Split('\n'), line => line.StartsWith($"tfe-backup.json: {expected}", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_a_kind_that_is_none_nothing_else_is_missing()
    {
        var fault = Assert.Throws<OperationException>(() => Read(("Store:Kind", "Tape"), ("Store:Path", null)));

        Assert.Equal("tfe-backup.json: Store:Kind: found 'Tape'; expected Directory or AzureBlob.", fault.Message);
    }

    [Fact]
    public void Scheduled_backups_have_a_patience_of_their_own()
    {
        var timings = Read(("Operations:Scheduled:Attempts", "30"), ("Operations:Transfers:Timeout", "2:00:00")).Operations.Timings;

        Assert.Equal(TimeSpan.FromHours(2), timings.Transfers.Timeout);
        Assert.Equal((30, TimeSpan.FromHours(12)), (timings.ForScheduled().Transfers.MaxAttempts, timings.ForScheduled().Transfers.Timeout));
        Assert.Equal(TimeSpan.FromHours(1), timings.ForScheduled().ReadyTimeout);
    }

    [Fact]
    public void Operations_are_kept_for_ninety_days_or_as_long_as_is_said()
    {
        Assert.Equal(TimeSpan.FromDays(90), Read().Operations.KeepFor);
        Assert.Equal(TimeSpan.FromDays(400), Read(("Operations:KeepFor", "400.00:00:00")).Operations.KeepFor);
    }

    private static readonly (string, string?)[] Drilled =
    [
        ("Installations:scratch:Endpoint", "https://scratch.example.com"), ("Installations:scratch:TokenSecret", "t"),
        ("Installations:scratch:PasswordSecret", "p"), ("Installations:old:Drill:Into", "scratch"),
        ("Installations:old:Drill:Schedule", "0 0 5 * * 0"), ("Installations:old:Retention:Schedule", "0 0 4 * * *"),
    ];

    [Fact]
    public void Drills_and_retention_have_schedules_of_their_own()
    {
        var old = Read(Drilled).GetInstallation("old");

        Assert.Equal(("scratch", "0 0 5 * * 0"), (old.Definition.Drill!.Into, old.Definition.Drill.Schedule!.Expression));
        Assert.Equal("0 0 4 * * *", old.Definition.RetentionSchedule!.Expression);
    }

    [Theory]
    [InlineData("Installations:old:Drill:Into", null, "Into is missing; expected the name of a scratch installation")]
    [InlineData("Installations:old:Drill:Into", "nowhere", "Into is not the name of a configured installation")]
    [InlineData("Installations:old:Drill:Into", "old", "Into is the installation itself, which a drill would overwrite")]
    [InlineData("Installations:scratch:Schedule", "0 0 3 * * *", "Into is 'scratch', which has its own Schedule")]
    [InlineData("Installations:old:Drill:Schedule", "weekly", "Schedule: found 'weekly'; expected")]
    [InlineData("Installations:old:Drill:Ino", "x", "Ino is not a setting; did you mean 'Into'? Installations:old:Drill has Into, Schedule.")]
    public void A_drill_never_overwrites_what_is_backed_up(string key, string? value, string expected)
    {
        var fault = Assert.Throws<OperationException>(() => Read([.. Drilled, (key, value)]));

        Assert.Contains(fault.Message.Split('\n'), line => line.StartsWith($"tfe-backup.json: Installations:old:Drill:{expected}", StringComparison.Ordinal));
    }

    [Fact]
    public void Notifications_name_their_secrets()
    {
        var read = Read(
            ("Notifications:ops:Kind", "Webhook"), ("Notifications:ops:UrlSecret", "ops-url"), ("Notifications:ops:SigningSecret", "ops-key"),
            ("Notifications:ops:On:0", "Failed"), ("Notifications:ops:On:1", "skipped"),
            ("Notifications:chat:Kind", "Teams"), ("Notifications:chat:UrlSecret", "chat-url"));

        Assert.Equal([NotificationTrigger.Failed, NotificationTrigger.Skipped], read.Notifications.Single(n => n.Name == "ops").On);
        Assert.Equal([NotificationTrigger.Failed], read.Notifications.Single(n => n.Name == "chat").On);
        Assert.Equal(["chat-url", "ops-key", "ops-url"], read.NotificationSecrets().Select(secret => secret.Name).Order());
    }

    [Theory]
    [InlineData("Kind", "Fax", "Kind: found 'Fax'; expected Webhook or Teams.")]
    [InlineData("UrlSecret", null, "UrlSecret is missing; expected the name of the secret that holds the webhook's address.")]
    [InlineData("SigningSecret", null, "SigningSecret is missing; expected the name of the secret that holds the key")]
    [InlineData("Kind", "Teams", "SigningSecret is not allowed when Kind is Teams; remove it.")]
    [InlineData("On:0", "Sometimes", "On:0: found 'Sometimes'; expected Failed or Completed or Warned or Cancelled or Skipped.")]
    [InlineData("On", "Failed", "On: found 'Failed'; expected a list of Failed or Completed")]
    [InlineData("Url", "https://hooks.example.com/x", "Url is not a setting; Notifications:ops has Kind, UrlSecret")]
    public void A_fault_of_a_notification_is_named(string key, string? value, string expected)
    {
        var fault = Assert.Throws<OperationException>(() => Read(
            ("Notifications:ops:Kind", "Webhook"), ("Notifications:ops:UrlSecret", "ops-url"), ("Notifications:ops:SigningSecret", "ops-key"),
            ($"Notifications:ops:{key}", value)));

        Assert.Contains(fault.Message.Split('\n'), line => line.StartsWith($"tfe-backup.json: Notifications:ops:{expected}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Replicated", "", "replicatedctl app stop")]
    [InlineData("DockerCompose", "File=/etc/tfe/compose.yaml", "docker compose --file /etc/tfe/compose.yaml down")]
    [InlineData("Systemd", "Unit=tfe.service", "systemctl stop tfe.service")]
    [InlineData("Kubernetes", "Namespace=tfe", "kubectl --namespace tfe scale deployment/terraform-enterprise --replicas=0")]
    [InlineData("Podman", "File=/etc/tfe/pod.yaml;Pod=tfe", "podman kube play --down /etc/tfe/pod.yaml")]
    [InlineData("Nomad", "Job=tfe;File=/etc/tfe/tfe.nomad", "nomad job stop -detach tfe")]
    public void A_runtime_is_named_and_its_commands_are_known(string kind, string settings, string stop)
    {
        var restart = Read(OfRuntime(kind, settings)).GetInstallation("old").Connection.Restart;

        Assert.Equal(stop, string.Join(' ', restart.Commands!.Stop));
        Assert.Equal((kind, TimeSpan.FromMinutes(5)), (restart.Kind.ToString(), restart.Timeout));
        Assert.NotNull(restart.Commands.RunningPattern);
    }

    [Fact]
    public void A_service_has_commands_of_its_own()
    {
        var restart = Read(OfRuntime("Service", "")).GetInstallation("old").Connection.Restart;

        Assert.Equal((RestartKind.Service, TimeSpan.FromMinutes(5), null), (restart.Kind, restart.Timeout, restart.Commands));
    }

    [Theory]
    [InlineData("Service", "Unit=tfe", "Unit is not a setting; Installations:old:Restart has Kind, Timeout.")]
    [InlineData("Replicated", "Unit=tfe", "Unit is not a setting; Installations:old:Restart has Kind, Timeout, Via.")]
    [InlineData("DockerCompose", "", "File is missing; expected the full path of the compose file.")]
    [InlineData("DockerCompose", "File=compose.yaml", "File: found 'compose.yaml'; expected an absolute path.")]
    [InlineData("Systemd", "", "Unit is missing; expected the unit, for example terraform-enterprise.service.")]
    [InlineData("Kubernetes", "Namespace=tfe;Replicas=many", "Replicas: found 'many'; expected a whole number from 0 to 100000.")]
    [InlineData("Podman", "File=/etc/tfe/pod.yaml", "Pod is missing; expected the pod's name in that file.")]
    [InlineData("Nomad", "Job=tfe", "File is missing; expected the full path of the job's file.")]
    public void A_runtime_s_settings_are_its_own(string kind, string settings, string expected)
    {
        var fault = Assert.Throws<OperationException>(() => Read(OfRuntime(kind, settings)));

        Assert.Equal($"tfe-backup.json: Installations:old:Restart:{expected}", fault.Message);
    }

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var fault = Assert.Throws<OperationException>(() => Read(("Store:Kind", "Tape"), ("Installations:old:Rpo", "x"), ("Secrets:Kind", "Paper")));

        Assert.Equal(3, fault.Message.Split('\n').Length);
    }

    [Fact]
    public void An_empty_document_names_what_is_missing()
    {
        var fault = Assert.Throws<OperationException>(
            () => BackupConfiguration.Read(new ConfigurationBuilder().Build(), "tfe-backup.json", "/srv/backup"));

        Assert.Contains("tfe-backup.json: Installations is missing or empty", fault.Message, StringComparison.Ordinal);
        Assert.Contains("tfe-backup.json: Store:Kind is missing; expected Directory or AzureBlob", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_faults_nor_the_store_s_text_show_a_connection_string()
    {
        const string Key = "AccountKey=abc";
        var fault = Assert.Throws<OperationException>(
            () => Read(("Store:Kind", "AzureBlob"), ("Store:ConnectionString", Key), ("Store:ServiceUri", "https://x:" + Key + "@y")));
        Assert.DoesNotContain(Key, fault.Message, StringComparison.Ordinal);

        var store = Read(("Store:Kind", "AzureBlob"), ("Store:ConnectionString", Key), ("Store:Container", "backups")).Store;
        Assert.DoesNotContain(Key, store.ToString(), StringComparison.Ordinal);
    }

    private static (string Key, string? Value)[] OfRuntime(string kind, string settings) =>
    [
        .. Complete.Keys.Where(key => key.StartsWith("Installations:old:Restart:", StringComparison.Ordinal)).Select(key => (key, (string?)null)),
        ("Installations:old:Restart:Kind", kind),
        ("Installations:old:Restart:Timeout", "0:05:00"),
        .. settings.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(setting => setting.Split('=')).Select(pair => ("Installations:old:Restart:" + pair[0], (string?)pair[1])),
    ];

    private static BackupConfiguration Read(params (string Key, string? Value)[] changes)
    {
        var values = new Dictionary<string, string?>(Complete);
        foreach (var (key, value) in changes)
        {
            if (value is null)
            {
                values.Remove(key);
            }
            else
            {
                values[key] = value;
            }
        }

        return BackupConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), "tfe-backup.json", "/srv/backup");
    }
}
