using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TfeBackup.Infra.Tests.Bicep;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed partial class FunctionAppTests(InfraFixture infra)
{
    // Measured on Linux with the host of version 4 and objects of 1.5 GB: 500 MB for the two processes before anything runs; 256 MB for one password's
    // key at a time; less than 50 MB for each transfer of a service, 150 for one in mode Direct.
    private const int HostAndWorkerMB = 500;
    private const int KeyDerivationMB = 256;
    private const int TransferMB = 150;

    [BicepFact]
    public async Task Names_of_app_settings_are_those_Linux_allows()
    {
        Assert.All((await infra.AllAsync()).SelectMany(deployment => deployment.AppSettings.Keys), name => Assert.Matches(SettingName(), name));
    }

    [BicepFact]
    public async Task No_setting_holds_a_key()
    {
        Assert.All((await infra.AllAsync()).SelectMany(deployment => deployment.AppSettings), setting =>
        {
            Assert.DoesNotMatch(KeyLike(), setting.Value);
            Assert.DoesNotContain("listKeys", setting.Value, StringComparison.OrdinalIgnoreCase);
        });
        Assert.DoesNotContain("listKeys", (await infra.CompileAsync()).Template!, StringComparison.OrdinalIgnoreCase);
    }

    [BicepFact]
    public async Task Flex_runs_NET_10_from_a_container_by_identity_within_its_network()
    {
        var deployment = await infra.ProductionAsync();
        var app = deployment.Single("Microsoft.Web/sites");

        Assert.Equal("dotnet-isolated", (string?)app.Property("functionAppConfig.runtime.name"));
        Assert.Equal("10.0", (string?)app.Property("functionAppConfig.runtime.version"));
        Assert.Equal("UserAssignedIdentity", (string?)app.Property("functionAppConfig.deployment.storage.authentication.type"));
        Assert.EndsWith("/subnets/app", (string?)app.Property("virtualNetworkSubnetId"), StringComparison.Ordinal);
        Assert.True((bool)app.Property("httpsOnly"));
        // Flex refuses a deployment that sets what its configuration says.
        Assert.DoesNotContain("FUNCTIONS_WORKER_RUNTIME", deployment.AppSettings.Keys);
        Assert.DoesNotContain("FUNCTIONS_EXTENSION_VERSION", deployment.AppSettings.Keys);
    }

    [BicepFact]
    public async Task Flex_keeps_an_instance_ready_for_operations_and_with_zones_two_of_each_scale_group()
    {
        Assert.Equal(["durable: 1"], AlwaysReady(await infra.TestAsync()));

        var production = await infra.ProductionAsync();
        Assert.True((bool)production.Single("Microsoft.Web/serverfarms").Property("zoneRedundant"));
        Assert.Equal(["durable: 2", "function:Schedule: 2", "http: 2"], AlwaysReady(production));

        // Flex scales each function by itself whose trigger is neither HTTP nor of Durable Functions.
        var ownGroups = Directory.GetFiles(Repository.Combine("src", "Functions", "Triggers"), "*.cs")
            .SelectMany(path => OtherTrigger().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups[1].Value);
        Assert.Equal(["Schedule"], ownGroups);
    }

    [BicepFact]
    public async Task Every_size_of_Flex_holds_the_activities_that_the_host_runs_at_once()
    {
        var parameters = JsonNode.Parse((await infra.CompileAsync()).Template!)!["parameters"]!;
        var sizes = parameters["instanceMemoryMB"]!["allowedValues"]!.AsArray().Select(size => (int)size!).ToArray();
        var atOnce = (int)JsonNode.Parse(Repository.Read("host.json"))!["extensions"]!["durableTask"]!["maxConcurrentActivityFunctions"]!;

        Assert.Equal([2048, 4096], sizes);
        Assert.InRange(HostAndWorkerMB + KeyDerivationMB + (atOnce * TransferMB), 0, sizes.Min());
    }

    [BicepFact]
    public async Task Premium_with_zones_has_two_instances()
    {
        var deployment = await infra.EverythingAsync();

        Assert.Equal(2, (int)deployment.Single("Microsoft.Web/serverfarms")["sku"]!["capacity"]!);
        Assert.Equal(2, (int)deployment.Single("Microsoft.Web/sites").Property("siteConfig.minimumElasticInstanceCount"));
    }

    [BicepFact]
    public async Task Premium_runs_the_same_package_by_identity_without_Azure_Files()
    {
        var deployment = await infra.EverythingAsync();

        Assert.Equal("ElasticPremium", (string?)deployment.Single("Microsoft.Web/serverfarms")["sku"]!["tier"]);
        Assert.Equal("DOTNET-ISOLATED|10.0", (string?)deployment.Single("Microsoft.Web/sites").Property("siteConfig.linuxFxVersion"));
        // What scales it cannot look into queues behind private endpoints from outside.
        Assert.True((bool)deployment.Single("Microsoft.Web/sites").Property("siteConfig.functionsRuntimeScaleMonitoringEnabled"));
        Assert.Contains("WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID", deployment.AppSettings.Keys);
        Assert.DoesNotContain(deployment.AppSettings.Keys, name => name.StartsWith("WEBSITE_CONTENT", StringComparison.Ordinal));
    }

    [BicepFact]
    public async Task Passwords_of_publishing_profiles_are_switched_off()
    {
        Assert.All(await infra.AllAsync(), deployment =>
        {
            var policies = deployment.OfType("Microsoft.Web/sites/basicPublishingCredentialsPolicies");
            Assert.Equal(2, policies.Count);
            Assert.All(policies, policy => Assert.False((bool)policy.Property("allow")));
        });
    }

    [BicepFact]
    public async Task Entra_ID_is_asked_for_only_where_it_is_configured()
    {
        Assert.Empty((await infra.ProductionAsync()).OfType("Microsoft.Web/sites/config"));

        var auth = (await infra.EverythingAsync()).Single("Microsoft.Web/sites/config");
        Assert.Equal("Return401", (string?)auth.Property("globalValidation.unauthenticatedClientAction"));
        Assert.True((bool)auth.Property("globalValidation.requireAuthentication"));
    }

    private static IEnumerable<string> AlwaysReady(PredictedDeployment deployment) =>
        deployment.Single("Microsoft.Web/sites").Property("functionAppConfig.scaleAndConcurrency.alwaysReady").AsArray()
            .Select(group => $"{group!["name"]}: {group["instanceCount"]}").Order(StringComparer.Ordinal);

    [GeneratedRegex("""\[Function\("?(?:nameof\()?(\w+)"?\)?\)\](?:(?!\[Function\().)*?\[(?!Http|Orchestration|Activity)\w+Trigger\b""", RegexOptions.Singleline)]
    private static partial Regex OtherTrigger();

    [GeneratedRegex("^[A-Za-z0-9_.]+$")]
    private static partial Regex SettingName();

    [GeneratedRegex("AccountKey=|SharedAccess|[?&]sig=|Password=", RegexOptions.IgnoreCase)]
    private static partial Regex KeyLike();
}
