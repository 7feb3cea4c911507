using Microsoft.Extensions.Configuration;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Infra.Tests.Bicep;
using TfeBackup.Installations;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed class AppSettingsTests(InfraFixture infra)
{
    [BicepFact]
    public async Task The_reader_takes_the_app_settings_of_every_parameter_file()
    {
        Assert.All(await infra.AllAsync(), deployment =>
        {
            var read = Read(deployment);

            Assert.NotEmpty(read.Installations);
            Assert.Equal(StoreKind.AzureBlob, read.Store.Kind);
            Assert.Equal("tfe", read.Store.Container);
            Assert.True(read.Store.IndexTags);
            Assert.Equal(SecretsKind.KeyVault, read.Secrets.Kind);
        });
    }

    [BicepFact]
    public async Task No_drill_of_ours_waits_for_somebody_to_restart_an_application()
    {
        foreach (var deployment in new[] { await infra.ProductionAsync(), await infra.TestAsync() })
        {
            var read = Read(deployment);
            var drilled = read.Installations.Values.Where(installation => installation.Definition.Drill is not null).ToArray();

            Assert.NotEmpty(drilled);
            Assert.All(drilled, installation => Assert.NotEqual(RestartKind.Manual, read.GetInstallation(installation.Definition.Drill!.Into).Connection.Restart.Kind));
        }
    }

    [BicepFact]
    public async Task An_installation_with_nothing_beside_it_is_reached_with_the_identity_that_is_deployed()
    {
        var deployment = await infra.ProductionAsync();

        var found = Read(deployment).GetInstallation("research").Connection;

        Assert.Equal(InstallationMode.Direct, found.Mode);
        Assert.True(found.Direct!.PostgresEntra);
        Assert.Contains(
            $"Username={deployment.Single("Microsoft.ManagedIdentity/userAssignedIdentities").Name()};", found.Direct.Postgres, StringComparison.Ordinal);
        // And what it names is what gets the private endpoints and the role.
        var container = Assert.Single(
            deployment.OfType("Microsoft.Authorization/roleAssignments"), role => role.Id().Contains("/storageAccounts/tferesearch/", StringComparison.Ordinal));
        Assert.Contains($"/containers/{found.Direct.ObjectStore.Container}/", container.Id(), StringComparison.Ordinal);
        Assert.StartsWith("https://tferesearch.blob.", found.Direct.ObjectStore.ServiceUri!.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("Host=tfe-research.", found.Direct.Postgres, StringComparison.Ordinal);
    }

    [BicepFact]
    public async Task Lists_patterns_numbers_and_truth_values_arrive_as_they_were_written()
    {
        var found = Read(await infra.EverythingAsync()).GetInstallation("commands");

        Assert.Equal(["tfe", "stop", "--wait"], found.Connection.Restart.Commands!.Stop);
        Assert.Equal("[Ss]topped", found.Connection.Restart.Commands!.StoppedPattern);
        Assert.Equal("""{"State":"[Ss]tarted"}""", found.Connection.Restart.Commands!.RunningPattern);
        Assert.Equal(TimeSpan.FromMinutes(20), found.Connection.Restart.Timeout);
        Assert.True(found.Definition.SkipObjectStorage);
        Assert.Equal(12, found.Definition.Retention!.Monthly);
        Assert.Equal("scratch", found.Definition.Drill!.Into);
    }

    [BicepFact]
    public async Task A_key_that_means_nothing_is_refused_by_name()
    {
        var deployment = await infra.TestAsync();

        var refusal = Assert.ThrowsAny<Exception>(() => Read(deployment, ("Installations__sample__Retention__KeepLats", "3")));

        Assert.Contains("Installations:sample:Retention:KeepLats", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>What the app reads from its settings; what only Azure knows is filled in.</summary>
    internal static BackupConfiguration Read(PredictedDeployment deployment, params (string Name, string Value)[] others)
    {
        var values = deployment.AppSettings.ToDictionary(
            setting => setting.Key,
            setting => setting.Value.StartsWith("[reference(", StringComparison.Ordinal) ? "https://known-later.example.com/" : setting.Value,
            StringComparer.Ordinal);
        foreach (var (name, value) in others)
        {
            values[name] = value;
        }

        var settings = values.Select(setting => KeyValuePair.Create(
            setting.Key.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal), (string?)setting.Value));
        return BackupConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), "app settings", AppContext.BaseDirectory);
    }
}
