using TfeBackup.Infra.Tests.Bicep;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed class DiagnosticsTests(InfraFixture infra)
{
    private static readonly string[] Watched =
    [
        "Microsoft.KeyVault/vaults",
        "Microsoft.Network/networkSecurityGroups",
        "Microsoft.Network/virtualNetworks",
        "Microsoft.OperationalInsights/workspaces",
        "Microsoft.Storage/storageAccounts",
        "Microsoft.Storage/storageAccounts/blobServices",
        "Microsoft.Storage/storageAccounts/queueServices",
        "Microsoft.Storage/storageAccounts/tableServices",
        "Microsoft.Web/sites",
    ];

    [BicepFact]
    public async Task Everything_that_can_say_what_happens_to_it_says_it_to_the_workspace()
    {
        foreach (var deployment in await infra.AllAsync())
        {
            var workspace = deployment.Single("Microsoft.OperationalInsights/workspaces").Id();
            var settings = deployment.OfType("Microsoft.Insights/diagnosticSettings");
            var said = settings.Select(setting => setting.Id()[..setting.Id().IndexOf("/providers/Microsoft.Insights/diagnosticSettings", StringComparison.Ordinal)]);
            var expected = deployment.Resources.Where(resource => Watched.Contains((string)resource["type"]!)).Select(resource => resource.Id());

            Assert.Equal(expected.Order(StringComparer.Ordinal), said.Order(StringComparer.Ordinal));
            Assert.All(settings, setting => Assert.Equal(workspace, (string?)setting.Property("workspaceId")));
        }
    }

    [BicepFact]
    public async Task Telemetry_is_taken_from_identities_only()
    {
        Assert.All(await infra.AllAsync(), deployment =>
        {
            Assert.True((bool)deployment.Single("Microsoft.Insights/components").Property("DisableLocalAuth"));
            Assert.True((bool)deployment.Single("Microsoft.OperationalInsights/workspaces").Property("features.disableLocalAuth"));
        });
    }
}
