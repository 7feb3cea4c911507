using Microsoft.Extensions.Configuration;
using TfeBackup.Infra.Tests.Bicep;
using TfeBackup.Workflows.Configuration;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed class AppSettingsTests(InfraFixture infra)
{
    [BicepFact]
    public async Task The_reader_takes_the_app_settings_of_every_parameter_file()
    {
        Assert.All([await infra.ProductionAsync(), await infra.TestAsync(), await infra.EverythingAsync()], deployment =>
        {
            var read = BackupConfiguration.Read(Configuration(deployment), "app settings", AppContext.BaseDirectory);

            Assert.NotEmpty(read.Installations);
            Assert.Equal(StoreKind.AzureBlob, read.Store.Kind);
            Assert.Equal("tfe", read.Store.Container);
            Assert.Equal(SecretsKind.KeyVault, read.Secrets.Kind);
        });
    }

    [BicepFact]
    public async Task Lists_patterns_numbers_and_truth_values_arrive_as_they_were_written()
    {
        var deployment = await infra.EverythingAsync();

        var found = BackupConfiguration.Read(Configuration(deployment), "app settings", AppContext.BaseDirectory).GetInstallation("commands");

        Assert.Equal(["tfe", "stop", "--wait"], found.Restart.Stop);
        Assert.Equal("[Ss]topped", found.Restart.StoppedPattern);
        Assert.Equal("""{"State":"[Ss]tarted"}""", found.Restart.RunningPattern);
        Assert.Equal(TimeSpan.FromMinutes(20), found.Restart.Timeout);
        Assert.True(found.SkipObjectStorage);
        Assert.Equal(12, found.Retention!.Monthly);
        Assert.Equal("scratch", found.Drill!.Into);
    }

    [BicepFact]
    public async Task A_key_that_means_nothing_is_refused_by_name()
    {
        var settings = Configuration(await infra.TestAsync(), ("Installations__sample__Retention__KeepLats", "3"));

        var refusal = Assert.ThrowsAny<Exception>(() => BackupConfiguration.Read(settings, "app settings", AppContext.BaseDirectory));

        Assert.Contains("Installations:sample:Retention:KeepLats", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>The app settings as the app's environment; what only Azure knows is filled in.</summary>
    private static IConfiguration Configuration(PredictedDeployment deployment, params (string Name, string Value)[] more)
    {
        var values = deployment.AppSettings.Concat(more.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))).ToDictionary(
            setting => setting.Key.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal),
            setting => setting.Value.StartsWith("[reference(", StringComparison.Ordinal) ? "https://known-later.example.com/" : setting.Value,
            StringComparer.OrdinalIgnoreCase);
        return new ConfigurationBuilder().AddInMemoryCollection(values!).Build();
    }
}
