using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using TfeBackup.Azure.Blobs;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.BackupStores;

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

    // In pages of 100 names instead of the service's 5,000.
    protected override int Many => 250;

    protected override async Task<IBackupStore> CreateStoreAsync()
    {
        var server = await AzuriteServer.SharedAsync();
        _container = await server.CreateContainerAsync();
        var options = BlobContainers.CreateOptions();
        options.AddPolicy(new SmallPages(), HttpPipelinePosition.PerCall);
        return new BlobBackupStore(BlobContainers.FromConnectionString(server.ConnectionString, _container.Name, options), SmallBlocks);
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

    private sealed class SmallPages : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Uri.Query.Contains("comp=list", StringComparison.Ordinal))
            {
                message.Request.Uri.AppendQuery("maxresults", "100");
            }
        }
    }
}
