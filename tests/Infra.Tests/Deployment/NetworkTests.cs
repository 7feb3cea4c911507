using System.Text.RegularExpressions;
using TfeBackup.Infra.Tests.Bicep;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed partial class NetworkTests(InfraFixture infra)
{
    [BicepFact]
    public async Task Every_account_and_vault_is_reached_by_private_endpoints()
    {
        foreach (var deployment in await infra.AllAsync())
        {
            var backups = deployment.Single("Microsoft.Storage/storageAccounts", "bkp").Name();
            var host = deployment.Single("Microsoft.Storage/storageAccounts", "host").Name();
            var vault = deployment.Single("Microsoft.KeyVault/vaults").Name();
            string[] always = [$"{backups} blob", $"{host} blob", $"{host} queue", $"{host} table", $"{vault} vault"];

            Assert.Subset(Connected(deployment).ToHashSet(), always.ToHashSet());
        }
    }

    [BicepFact]
    public async Task Direct_installations_and_telemetry_are_reached_by_private_endpoints_where_they_are_asked_for()
    {
        Assert.Equal(
            ["ampls-tfebackup-production azuremonitor", "tfe-research postgresqlServer", "tferesearch blob"],
            Connected(await infra.ProductionAsync()).Where(name => !name.Contains("bkp", StringComparison.Ordinal) && !name.Contains("host", StringComparison.Ordinal) && !name.StartsWith("kv-", StringComparison.Ordinal)));
        Assert.Equal(5, Connected(await infra.TestAsync()).Length);
    }

    [BicepFact]
    public async Task Every_record_of_a_private_endpoint_goes_into_a_zone_that_the_network_asks()
    {
        foreach (var deployment in new[] { await infra.ProductionAsync(), await infra.TestAsync(), await infra.MachinesAsync() })
        {
            var zones = Zones(deployment.OfType("Microsoft.Network/privateDnsZones").Select(zone => zone.Name()));
            var linked = Zones(deployment.OfType("Microsoft.Network/privateDnsZones/virtualNetworkLinks").Select(link => link.Name()));
            var groups = deployment.OfType("Microsoft.Network/privateEndpoints/privateDnsZoneGroups");
            var written = Zones(groups.Select(group => group.Property("privateDnsZoneConfigs").ToJsonString()));

            Assert.Equal(deployment.OfType("Microsoft.Network/privateEndpoints").Count, groups.Count);
            Assert.Equal(zones, linked);
            Assert.Equal(zones, written.Distinct(StringComparer.Ordinal));
        }
    }

    [BicepFact]
    public async Task Telemetry_that_goes_through_a_private_link_goes_no_other_way()
    {
        var production = await infra.ProductionAsync();

        Assert.Equal("PrivateOnly", (string?)production.Single("Microsoft.Insights/privateLinkScopes").Property("accessModeSettings.ingestionAccessMode"));
        Assert.Equal(
            new[] { production.Single("Microsoft.Insights/components").Id(), production.Single("Microsoft.OperationalInsights/workspaces").Id() }.Order(StringComparer.Ordinal),
            production.OfType("Microsoft.Insights/privateLinkScopes/scopedResources").Select(linked => (string)linked.Property("linkedResourceId")!).Order(StringComparer.Ordinal));
        Assert.Equal("Disabled", Ingestion(production, "Microsoft.Insights/components"));
        Assert.Equal("Disabled", Ingestion(production, "Microsoft.OperationalInsights/workspaces"));
        Assert.Equal("Enabled", Ingestion(await infra.TestAsync(), "Microsoft.Insights/components"));
        Assert.Equal("Enabled", Ingestion(await infra.TestAsync(), "Microsoft.OperationalInsights/workspaces"));
    }

    [BicepFact]
    public async Task A_private_link_scope_of_its_own_is_refused_where_DNS_is_somebody_else_s()
    {
        var path = await infra.WriteAsync(
            "environments/shared.bicepparam",
            """
            using '../main.bicep'
            param stage = 'test'
            param emailAddresses = []
            param privateTelemetry = true
            param existingNetwork = {
              appSubnetId: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/app'
              endpointSubnetId: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/endpoints'
            }
            param installations = { one: { PasswordSecret: 'password' } }
            """);

        var refusal = await Assert.ThrowsAsync<BicepException>(() => infra.Compiler.PredictAsync(path));

        Assert.Contains("privateTelemetry: expected false with existingNetwork", refusal.Message, StringComparison.Ordinal);
    }

    [BicepFact]
    public async Task Nothing_but_the_app_and_operators_reaches_the_private_endpoints()
    {
        var rules = (await infra.ProductionAsync()).Single("Microsoft.Network/networkSecurityGroups", "endpoints").Property("securityRules").AsArray();

        var allowed = rules.Where(rule => (string?)rule!["properties"]!["access"] == "Allow").Select(rule => (string)rule!["properties"]!["sourceAddressPrefix"]!);
        Assert.Equal(["10.20.0.0/28", "10.83.0.0/26"], allowed.Order(StringComparer.Ordinal));
        var last = rules.Select(rule => rule!["properties"]!).MaxBy(rule => (int)rule["priority"]!)!;
        Assert.Equal(("Deny", "*", "*"), ((string?)last["access"], (string?)last["sourceAddressPrefix"], (string?)last["protocol"]));
    }

    // Some names are not known before Azure's own are: "privatelink.blob.{0}".
    private static string[] Zones(IEnumerable<string> names) =>
        [.. names.SelectMany(name => ZoneName().Matches(name).Select(match => match.Value)).Order(StringComparer.Ordinal)];

    private static string? Ingestion(PredictedDeployment deployment, string type) =>
        (string?)deployment.Single(type).Property("publicNetworkAccessForIngestion");

    private static string[] Connected(PredictedDeployment deployment) =>
        [.. deployment.OfType("Microsoft.Network/privateEndpoints")
            .Select(endpoint => endpoint.Property("privateLinkServiceConnections")[0]!["properties"]!)
            .Select(connection => $"{((string)connection["privateLinkServiceId"]!).Split('/')[^1]} {(string)connection["groupIds"]![0]!}")
            .Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"privatelink\.(?:[\w.-]|\{0\})+")]
    private static partial Regex ZoneName();
}
