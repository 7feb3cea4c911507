using System.Buffers.Text;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace TfeBackup.Engine.Objects.AzureBlob;

/// <summary>
/// Addresses blobs whose names <see cref="Uri"/> would make others of: with <c>.</c> and <c>..</c> as segments, with slashes at their ends. The
/// library is given a stand-in, and the request the true name before it is signed.
/// </summary>
internal sealed class ExactNamePolicy : HttpPipelineSynchronousPolicy
{
    private const string StandIn = "tfe-backup-exact-name-";
    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>The client of a blob by any name.</summary>
    public static BlockBlobClient Client(BlobContainerClient container, string name)
    {
        var blob = container.GetBlockBlobClient(name);
        return new BlobUriBuilder(blob.Uri).BlobName == name
            ? blob
            : container.GetBlockBlobClient(StandIn + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(name)));
    }

    /// <inheritdoc/>
    public override void OnSendingRequest(HttpMessage message)
    {
        var path = message.Request.Uri.Path;
        var start = path.LastIndexOf('/') + 1;
        if (!path.AsSpan(start).StartsWith(StandIn))
        {
            return;
        }

        var name = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(path.AsSpan(start + StandIn.Length)));
        var escaped = string.Join('/', name.Split('/').Select(Uri.EscapeDataString));
        var asked = message.Request.Uri.ToUri();
        message.Request.Uri.Reset(new Uri($"{asked.GetLeftPart(UriPartial.Authority)}{(path.StartsWith('/') ? "" : "/")}{path[..start]}{escaped}{asked.Query}", AsItIs));
    }
}
