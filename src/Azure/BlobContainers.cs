using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using TfeBackup.Operations.Model;

namespace TfeBackup.Azure;

/// <summary>Makes clients of a Blob container, with retries that suit transfers of hours.</summary>
public static class BlobContainers
{
    /// <summary>A client by connection string or shared access signature.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>: it is not a connection string.</exception>
    public static BlobContainerClient FromConnectionString(string connectionString, string container, BlobClientOptions? options = null)
    {
        try
        {
            return new BlobContainerClient(connectionString, container, options ?? CreateOptions());
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // Without the cause: its message may quote the string, and that is a key.
            throw new OperationException(
                OperationError.InvalidConfiguration,
                "Store:ConnectionString is not a storage account's connection string: expected "
                    + "'DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net', or one with a shared access signature.");
        }
    }

    /// <summary>A client by default credentials: a managed identity, the environment's, the Azure CLI's.</summary>
    /// <param name="serviceUri">The account's blob service, <c>https://&lt;account&gt;.blob.core.windows.net</c>.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="credential">Other credentials than the default ones.</param>
    public static BlobContainerClient FromServiceUri(Uri serviceUri, string container, TokenCredential? credential = null)
    {
        ArgumentNullException.ThrowIfNull(serviceUri);
        return new BlobServiceClient(serviceUri, credential ?? new DefaultAzureCredential(), CreateOptions()).GetBlobContainerClient(container);
    }

    /// <summary>
    /// The options of both: up to eight further attempts within about two minutes, and five minutes for one request, which is a
    /// block of up to 4,000 MiB at the most and 8 MiB at first.
    /// </summary>
    public static BlobClientOptions CreateOptions()
    {
        var options = new BlobClientOptions();
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 8;
        options.Retry.Delay = TimeSpan.FromSeconds(0.8);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(30);
        options.Retry.NetworkTimeout = TimeSpan.FromMinutes(5);
        return options;
    }
}
