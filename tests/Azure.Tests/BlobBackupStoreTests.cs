using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using TfeBackup.Azure.Blobs;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.BackupStores;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Azure.Tests;

public sealed class BlobBackupStoreTests : BackupStoreConformance
{
    // Three tiers, the last of them in files, within one upload of the conformance suite.
    internal static readonly BlockPlan SmallBlocks = new(
        segmentSize: 128 << 10,
        segments: 8,
        new BlockPlan.Tier(4, 128 << 10),
        new BlockPlan.Tier(3, 512 << 10),
        new BlockPlan.Tier(10, 700_000, Spooled: true));

    private BlobContainerClient? _container;

    protected override async Task<IBackupStore> CreateStoreAsync()
    {
        var server = await AzuriteServer.SharedAsync();
        _container = await server.CreateContainerAsync();
        return new BlobBackupStore(_container, SmallBlocks);
    }

    protected override Task PlantAsync(IBackupStore store, string path, byte[] content) =>
        _container!.GetBlobClient(path).UploadAsync(BinaryData.FromBytes(content));

    protected override async Task<IReadOnlyList<string>> ListFilesAsync(IBackupStore store)
    {
        var names = new List<string>();
        await foreach (var blob in _container!.GetBlobsAsync(new GetBlobsOptions()))
        {
            names.Add(blob.Name);
        }

        return names;
    }
}
