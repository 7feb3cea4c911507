using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Models;
using TfeBackup.Hosting;
using TfeBackup.Infra.Tests.Bicep;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.BackupStores;

namespace TfeBackup.Infra.Tests.Deployment;

/// <summary>The rules of lifecycle management against what the store, set up as it is deployed, writes into a container.</summary>
[Collection(InfraTests.Name)]
public sealed class LifecycleTests(InfraFixture infra)
{
    private static readonly BackupKey Key = BackupRecords.Key("production", 1);

    [BicepFact]
    public async Task Data_moves_to_cheaper_tiers_and_records_and_checks_stay_where_listings_read_them()
    {
        var blobs = await BlobsAsync(await infra.EverythingAsync());

        foreach (var deployment in new[] { await infra.ProductionAsync(), await infra.EverythingAsync() })
        {
            var rule = Assert.Single(Rules(deployment), found => found["definition"]!["actions"]!["baseBlob"] is not null);
            Assert.Equal([BackupLayout.DataPath(Key)], Matched(rule, deployment, blobs));
        }
    }

    [BicepFact]
    public async Task Deleted_versions_of_everything_are_removed()
    {
        var deployment = await infra.ProductionAsync();
        var blobs = await BlobsAsync(deployment);

        var rule = Assert.Single(Rules(deployment), found => found["definition"]!["actions"]!["version"] is not null);

        Assert.Equal(3, blobs.Count);
        Assert.Equal(blobs.Select(blob => blob.Name), Matched(rule, deployment, blobs));
    }

    [BicepFact]
    public async Task What_was_brought_back_from_the_archive_stays_long_enough_to_be_read()
    {
        var rule = Rules(await infra.EverythingAsync()).Single(found => found["definition"]!["actions"]!["baseBlob"] is not null);

        Assert.Equal(7, (int)rule["definition"]!["actions"]!["baseBlob"]!["tierToArchive"]!["daysAfterLastTierChangeGreaterThan"]!);
    }

    [BicepFact]
    public async Task An_archive_is_refused_where_the_account_has_none()
    {
        var path = await infra.WriteAsync(
            "environments/zones.bicepparam",
            """
            using '../modules/backup-storage.bicep'
            param location = 'westeurope'
            param accountName = 'backups'
            param tags = {}
            param skuName = 'Standard_GZRS'
            param containerName = 'tfe'
            param immutabilityDays = 0
            param immutabilityLocked = false
            param softDeleteDays = 7
            param coolAfterDays = 0
            param coldAfterDays = 0
            param archiveAfterDays = 90
            param endpointSubnetId = 'endpoints'
            param blobZoneId = ''
            param identityName = 'app'
            param principalId = 'app'
            param workspaceId = 'workspace'
            """);

        var refusal = await Assert.ThrowsAsync<BicepException>(() => infra.Compiler.PredictAsync(path));

        Assert.Contains("archiveAfterDays: Standard_GZRS has no archive tier", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>What a rule applies to: Azure asks for the prefix and for every tag.</summary>
    private static IEnumerable<string> Matched(JsonNode rule, PredictedDeployment deployment, IReadOnlyList<BlobItem> blobs)
    {
        var filters = rule["definition"]!["filters"]!;
        var prefixes = filters["prefixMatch"]!.AsArray().Select(prefix => (string)prefix!).ToArray();
        var tags = (filters["blobIndexMatch"]?.AsArray() ?? []).Select(tag => tag!).ToArray();
        Assert.Equal(["blockBlob"], filters["blobTypes"]!.AsArray().Select(type => (string)type!));
        Assert.All(tags, tag => Assert.Equal("==", (string?)tag["op"]));
        return blobs
            .Where(blob => prefixes.Any(prefix => $"{deployment.AppSettings["Store__Container"]}/{blob.Name}".StartsWith(prefix, StringComparison.Ordinal)))
            .Where(blob => tags.All(tag => blob.Tags?.TryGetValue((string)tag["name"]!, out var value) == true && value == (string?)tag["value"]))
            .Select(blob => blob.Name);
    }

    /// <summary>A backup with a check, written with the deployment's own settings, as the service then lists it.</summary>
    private static async Task<IReadOnlyList<BlobItem>> BlobsAsync(PredictedDeployment deployment)
    {
        var server = await AzuriteServer.SharedAsync();
        var container = await server.CreateContainerAsync();
        var settings = AppSettingsTests.Read(deployment, ("Store__ServiceUri", ""), ("Store__ConnectionString", server.ConnectionString), ("Store__Container", container.Name));
        var store = new Composition().CreateStore(settings.Store);
        await using var upload = await store.BeginUploadAsync(Key, default);
        var content = await upload.WriteAsync(new TestStream(1_000), null, default);
        await upload.CommitAsync(default);
        await store.PublishAsync(BackupRecords.Record(Key, content), default);
        await store.AddCheckAsync(Key, BackupRecords.Check(1), default);

        var blobs = new List<BlobItem>();
        await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Tags }))
        {
            blobs.Add(blob);
        }

        Assert.Equal(settings.Store.AccessTier.ToString(), blobs.Single(blob => blob.Name == BackupLayout.DataPath(Key)).Properties.AccessTier.ToString());
        return blobs;
    }

    private static JsonNode[] Rules(PredictedDeployment deployment) =>
        [.. deployment.Single("Microsoft.Storage/storageAccounts/managementPolicies").Property("policy.rules").AsArray().Select(rule => rule!)];
}
