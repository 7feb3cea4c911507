using System.Text.Json.Nodes;
using TfeBackup.Infra.Tests.Bicep;

namespace TfeBackup.Infra.Tests.Deployment;

[Collection(InfraTests.Name)]
public sealed class StorageTests(InfraFixture infra)
{
    private static readonly string[] Tiers = ["tierToCool", "tierToCold", "tierToArchive"];

    [BicepFact]
    public async Task No_account_has_keys_public_blobs_public_network_or_old_TLS()
    {
        var accounts = (await infra.AllAsync()).SelectMany(deployment => deployment.OfType("Microsoft.Storage/storageAccounts")).ToArray();

        Assert.Equal(8, accounts.Length);
        Assert.All(accounts, account =>
        {
            Assert.False((bool)account.Property("allowSharedKeyAccess"));
            Assert.False((bool)account.Property("allowBlobPublicAccess"));
            Assert.False((bool)account.Property("allowCrossTenantReplication"));
            Assert.Equal("Disabled", (string?)account.Property("publicNetworkAccess"));
            Assert.Equal("Deny", (string?)account.Property("networkAcls.defaultAction"));
            Assert.Equal("None", (string?)account.Property("networkAcls.bypass"));
            Assert.Equal("TLS1_2", (string?)account.Property("minimumTlsVersion"));
            Assert.True((bool)account.Property("supportsHttpsTrafficOnly"));
        });
    }

    [BicepFact]
    public async Task Backups_are_versioned_kept_after_deletion_and_immutable()
    {
        var production = await infra.ProductionAsync();

        var blobs = production.Single("Microsoft.Storage/storageAccounts/blobServices", "bkp");
        Assert.True((bool)blobs.Property("isVersioningEnabled"));
        Assert.True((bool)blobs.Property("deleteRetentionPolicy.enabled"));
        Assert.Equal(30, (int)blobs.Property("deleteRetentionPolicy.days"));
        Assert.True((bool)blobs.Property("containerDeleteRetentionPolicy.enabled"));
        var container = production.Single("Microsoft.Storage/storageAccounts/blobServices/containers", "bkp");
        Assert.True((bool)container.Property("immutableStorageWithVersioning.enabled"));
        Assert.Equal("None", (string?)container.Property("publicAccess"));
        var policy = production.Single("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies");
        Assert.Equal(30, (int)policy.Property("immutabilityPeriodSinceCreationInDays"));
        // Nobody's deployment locks what cannot be unlocked.
        Assert.Null(policy.TryProperty("state"));
    }

    [BicepFact]
    public async Task Zero_days_set_no_immutability_policy_and_leave_it_possible_later()
    {
        var test = await infra.TestAsync();

        Assert.Empty(test.OfType("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"));
        Assert.True((bool)test.Single("Microsoft.Storage/storageAccounts/blobServices/containers", "bkp").Property("immutableStorageWithVersioning.enabled"));
    }

    [BicepFact]
    public async Task Nothing_is_archived_unless_asked_for()
    {
        Assert.Equal("30 120 -", Moves(await infra.ProductionAsync()));
        Assert.Equal("- - -", Moves(await infra.TestAsync()));
        Assert.Equal("10 60 180", Moves(await infra.EverythingAsync()));
    }

    [BicepFact]
    public async Task Deleted_versions_do_not_live_on_for_ever()
    {
        Assert.All(await infra.AllAsync(), deployment =>
            Assert.Contains(Rules(deployment), rule => rule["definition"]!["actions"]!["version"]?["delete"] is not null));
    }

    [BicepFact]
    public async Task Backups_and_passwords_are_locked_against_deletion()
    {
        Assert.All(await infra.AllAsync(), deployment =>
        {
            var locks = deployment.OfType("Microsoft.Authorization/locks");
            Assert.Equal(["keep-backups", "keep-passwords"], locks.Select(held => held.Name()).Order(StringComparer.Ordinal));
            Assert.All(locks, held => Assert.Equal("CanNotDelete", (string?)held.Property("level")));
        });
    }

    [BicepFact]
    public async Task The_vault_keeps_what_is_deleted_and_knows_roles_only()
    {
        Assert.All(await infra.AllAsync(), deployment =>
        {
            var vault = deployment.Single("Microsoft.KeyVault/vaults");
            Assert.True((bool)vault.Property("enablePurgeProtection"));
            Assert.True((bool)vault.Property("enableRbacAuthorization"));
            Assert.Equal(90, (int)vault.Property("softDeleteRetentionInDays"));
            Assert.Equal("Disabled", (string?)vault.Property("publicNetworkAccess"));
        });
    }

    private static JsonNode[] Rules(PredictedDeployment deployment) =>
        [.. deployment.Single("Microsoft.Storage/storageAccounts/managementPolicies").Property("policy.rules").AsArray().Select(rule => rule!)];

    private static string Moves(PredictedDeployment deployment)
    {
        var actions = Rules(deployment).Select(rule => rule["definition"]!["actions"]!["baseBlob"]).SingleOrDefault(found => found is not null);
        return string.Join(' ', Tiers.Select(move => actions?[move]?["daysAfterModificationGreaterThan"]?.ToString() ?? "-"));
    }
}
