using Azure.Storage.Blobs;

namespace TfeBackup.Demo;

/// <summary>Objects in a Blob container.</summary>
internal sealed class BlobContainer(string connectionString, BlobContainerClient container) : IInstallationObjects
{
    public string Description => "objects in Azure Blob Storage (Azurite)";

    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Kind"] = "AzureBlob",
        ["ConnectionString"] = connectionString,
        ["Container"] = container.Name,
    };

    public async Task<IReadOnlySet<string>> ListAsync(CancellationToken cancellationToken)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var blob in container.GetBlobsAsync(cancellationToken: cancellationToken))
        {
            keys.Add(blob.Name);
        }

        return keys;
    }

    public async Task<byte[]> ReadAsync(string key, CancellationToken cancellationToken) =>
        (await container.GetBlobClient(key).DownloadContentAsync(cancellationToken)).Value.Content.ToArray();
}
