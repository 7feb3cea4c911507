using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using TfeBackup.Engine.Objects;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.ObjectStores;

namespace TfeBackup.Engine.Tests.Objects;

internal sealed class AzureBlobFixture(string connectionString, BlobContainerClient container) : ObjectStoreFixture
{
    private readonly SoftDeletePolicy _deleted = new();

    public BlobContainerClient Container => container;

    public static async Task<AzureBlobFixture> CreateAsync()
    {
        var server = await AzuriteServer.SharedAsync();
        var container = await server.CreateContainerAsync();
        return new AzureBlobFixture(
            server.ConnectionString, new BlobContainerClient(server.ConnectionString, container.Name, AzureBlobObjectStore.CreateClientOptions()));
    }

    public override IObjectStore Open() => new AzureBlobObjectStore(container);

    public override IObjectStore OpenWatched(Action<int> beforeChange) => OpenWith(new WatchedPolicy(beforeChange));

    public override IObjectStore OpenExcluding(params string[] names) => new AzureBlobObjectStore(container, names);

    public IObjectStore OpenWith(HttpPipelinePolicy policy)
    {
        var options = AzureBlobObjectStore.CreateClientOptions();
        options.AddPolicy(policy, HttpPipelinePosition.PerCall);
        return new AzureBlobObjectStore(new BlobContainerClient(connectionString, container.Name, options));
    }

    public override IObjectStore OpenRemembering() => OpenWith(_deleted);

    public override async Task PutAsync(string key, ReadOnlyMemory<byte> content) =>
        await container.GetBlobClient(key).UploadAsync(BinaryData.FromBytes(content), overwrite: true);

    public override async Task DeleteAsync(string key)
    {
        BlobProperties properties = await container.GetBlobClient(key).GetPropertiesAsync();
        await container.DeleteBlobAsync(key);
        _deleted.Add(key, properties.CreatedOn);
    }

    public override async Task<IReadOnlyList<string>> ListEverythingAsync()
    {
        // Not blocks that were never committed: they cannot be deleted, and vanish by themselves after a week.
        List<string> names = [];
        await foreach (var item in container.GetBlobsAsync(BlobTraits.None, BlobStates.Snapshots | BlobStates.Version, null, default))
        {
            names.Add(item.Name);
        }

        return names;
    }

    private sealed class WatchedPolicy(Action<int> beforeChange) : HttpPipelineSynchronousPolicy
    {
        private int _number = -1;

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Method != RequestMethod.Get && message.Request.Method != RequestMethod.Head)
            {
                beforeChange(Interlocked.Increment(ref _number));
            }
        }
    }
}
