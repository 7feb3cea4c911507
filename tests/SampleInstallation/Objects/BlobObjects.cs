using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace TfeBackup.SampleInstallation.Objects;

/// <summary>Objects as blobs: the installation's <em>External Services</em> mode.</summary>
internal sealed class BlobObjects(BlobContainerClient container) : IObjects
{
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await container.ExistsAsync(cancellationToken);
        }
        catch (RequestFailedException)
        {
            return false;
        }
    }

    public Task WriteAsync(string key, byte[] content, CancellationToken cancellationToken) =>
        container.GetBlobClient(key).UploadAsync(
            BinaryData.FromBytes(content),
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/octet-stream" } },
            cancellationToken);

    public async Task<byte[]?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await container.GetBlobClient(key).DownloadContentAsync(cancellationToken);
            return answer.Value.Content.ToArray();
        }
        catch (RequestFailedException e) when (e.Status == StatusCodes.Status404NotFound)
        {
            return null;
        }
    }
}
