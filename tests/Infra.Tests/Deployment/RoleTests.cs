using System.Text.Json.Nodes;
using TfeBackup.Infra.Tests.Bicep;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed class RoleTests(InfraFixture infra)
{
    private static readonly Dictionary<string, string> BuiltIn = new(StringComparer.Ordinal)
    {
        ["4633458b-17de-408a-b874-0445c86b69e6"] = "Key Vault Secrets User",
        ["b86a8fe4-44ce-4948-aee5-eccb2c155cd7"] = "Key Vault Secrets Officer",
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["ba92f5b4-2d11-453d-a403-e96b0029c9fe"] = "Storage Blob Data Contributor",
    };

    [BicepFact]
    public async Task The_app_has_these_roles_in_these_places_and_no_others()
    {
        var deployment = await infra.ProductionAsync();
        var custom = deployment.OfType("Microsoft.Authorization/roleDefinitions").ToDictionary(role => role.Name(), role => "custom", StringComparer.Ordinal);

        var held = deployment.OfType("Microsoft.Authorization/roleAssignments")
            .Select(assignment => (
                Role: ((string)assignment.Property("roleDefinitionId")!).Split('/')[^1],
                Scope: Scope(assignment)))
            .Select(found => $"{(BuiltIn.TryGetValue(found.Role, out var name) ? name : custom[found.Role])} on {Kind(found.Scope)} of {found.Scope.Split('/')[4]}")
            .Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "Key Vault Secrets User on Microsoft.KeyVault/vaults of tfe-backup",
                "Monitoring Metrics Publisher on Microsoft.Insights/components of tfe-backup",
                "Storage Blob Data Contributor on Microsoft.Storage/storageAccounts/blobServices/containers of terraform-enterprise-data",
                "Storage Blob Data Owner on Microsoft.Storage/storageAccounts of tfe-backup",
                "Storage Queue Data Contributor on Microsoft.Storage/storageAccounts of tfe-backup",
                "Storage Table Data Contributor on Microsoft.Storage/storageAccounts of tfe-backup",
                "custom on Microsoft.Compute/virtualMachines of terraform-enterprise",
                "custom on Microsoft.Compute/virtualMachines of terraform-enterprise",
                "custom on Microsoft.Compute/virtualMachines of terraform-enterprise",
                "custom on Microsoft.Storage/storageAccounts/blobServices/containers of tfe-backup",
            ],
            held);
    }

    [BicepFact]
    public async Task The_role_on_backups_cannot_touch_containers_policies_or_anything_unnamed()
    {
        var role = Assert.Single(
            (await infra.ProductionAsync()).OfType("Microsoft.Authorization/roleDefinitions"), found => ((string)found.Property("roleName")!).Contains("writer", StringComparison.Ordinal));
        var permission = Assert.Single(role.Property("permissions").AsArray())!;

        Assert.Equal(["Microsoft.Storage/storageAccounts/blobServices/containers/read"], Texts(permission["actions"]));
        Assert.Equal(
            ["add/action", "delete", "read", "tags/read", "tags/write", "write"],
            Texts(permission["dataActions"])
                .Select(action => action.Replace("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/", "", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
    }

    [BicepFact]
    public async Task Run_commands_are_all_that_is_allowed_and_on_the_named_machines_alone()
    {
        var deployment = await infra.MachinesAsync();
        string[] groups =
        [
            "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/machines",
            "/subscriptions/66666666-6666-6666-6666-666666666666/resourceGroups/cluster",
        ];

        var roles = deployment.OfType("Microsoft.Authorization/roleDefinitions")
            .Where(role => role.ToJsonString().Contains("Microsoft.Compute", StringComparison.Ordinal)).ToArray();

        Assert.Equal(groups, roles.Select(role => (string)role.Property("assignableScopes")[0]!).Order(StringComparer.Ordinal));
        // Of a scale set the instances' names are not known beforehand.
        Assert.Equal(
            [
                $"{groups[0]}/providers/Microsoft.Compute/virtualMachines/tfe1",
                $"{groups[0]}/providers/Microsoft.Compute/virtualMachines/tfe2",
                groups[1],
            ],
            deployment.OfType("Microsoft.Authorization/roleAssignments").Select(Scope)
                .Where(scope => groups.Any(group => scope.StartsWith(group, StringComparison.Ordinal))).Order(StringComparer.Ordinal));
        Assert.All(roles, role =>
        {
            var permission = Assert.Single(role.Property("permissions").AsArray())!;
            Assert.Empty(permission["dataActions"]!.AsArray());
            Assert.All(Texts(permission["actions"]), action =>
                Assert.Matches("^Microsoft.Compute/((virtualMachines|virtualMachineScaleSets/virtualMachines)/(read|runCommands/(read|write|delete))|virtualMachineScaleSets/read)$", action));
        });
    }

    [BicepFact]
    public async Task The_credentials_of_a_cluster_are_all_that_is_given_on_it_and_once()
    {
        var assignment = Assert.Single(
            (await infra.MachinesAsync()).OfType("Microsoft.Authorization/roleAssignments"), found => Scope(found).Contains("managedClusters", StringComparison.Ordinal));

        Assert.Equal(
            "/subscriptions/66666666-6666-6666-6666-666666666666/resourceGroups/kubernetes/providers/Microsoft.ContainerService/managedClusters/tfe", Scope(assignment));

        // Azure Kubernetes Service Cluster User Role.
        Assert.EndsWith("/4abbcc35-e782-43d8-92c5-2d3f1bd2253f", (string)assignment.Property("roleDefinitionId")!, StringComparison.Ordinal);
    }

    [BicepFact]
    public async Task No_role_of_ours_has_a_wildcard()
    {
        var roles = (await infra.AllAsync()).SelectMany(deployment => deployment.OfType("Microsoft.Authorization/roleDefinitions"));

        Assert.All(roles, role => Assert.DoesNotContain('*', role.Property("permissions").ToJsonString()));
    }

    private static string Scope(JsonObject assignment) =>
        assignment.Id()[..assignment.Id().IndexOf("/providers/Microsoft.Authorization/", StringComparison.Ordinal)];

    private static string Kind(string scope)
    {
        var parts = scope[(scope.LastIndexOf("/providers/", StringComparison.Ordinal) + "/providers/".Length)..].Split('/');
        return string.Join('/', parts.Where((_, index) => index == 0 || index % 2 == 1));
    }

    private static string[] Texts(JsonNode? list) => [.. list!.AsArray().Select(text => (string)text!)];
}
