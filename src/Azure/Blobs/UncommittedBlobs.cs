using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace TfeBackup.Azure.Blobs;

/// <summary>
/// The remains of uploads that were never committed: blocks without a blob. They cost money until the service drops them a week
/// after the last one came, cannot be deleted as such, and go when a blob is made in their place.
/// </summary>
internal sealed class UncommittedBlobs(BlobContainerClient container, string description)
{
    /// <summary>
    /// True if they can be removed before their time. A container that protects its blobs would keep the blob that is made in
    /// their place; there they are left to the service.
    /// </summary>
    public async Task<bool> CanRemoveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var properties = (await container.GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            return properties is not ({ HasImmutabilityPolicy: true } or { HasLegalHold: true } or { HasImmutableStorageWithVersioning: true });
        }
        catch (RequestFailedException e) when (e.Status == 403)
        {
            // An access signature that does not reach the container's properties: it may well protect its blobs.
            return false;
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"inspect {description}");
        }
    }

    /// <summary>Bytes of the blocks; null where there is a blob, or no blocks.</summary>
    public async Task<long?> FindSizeAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var list = (await container.GetBlockBlobClient(path).GetBlockListAsync(BlockListTypes.All, cancellationToken: cancellationToken)).Value;
            return list.BlobContentLength > 0 || list.CommittedBlocks.Any() || !list.UncommittedBlocks.Any()
                ? null
                : list.UncommittedBlocks.Sum(block => block.SizeLong);
        }
        catch (RequestFailedException e) when (BlobErrors.MeansMissing(e))
        {
            return null;
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"inspect {description}/{path}");
        }
    }

    /// <summary>Removes the blocks, if that is all there is and they can be removed.</summary>
    public async Task RemoveAsync(string path, CancellationToken cancellationToken)
    {
        if (await FindSizeAsync(path, cancellationToken) is null || !await CanRemoveAsync(cancellationToken))
        {
            return;
        }

        try
        {
            var blob = container.GetBlockBlobClient(path);
            var options = new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
            var empty = (await blob.CommitBlockListAsync([], options, cancellationToken)).Value;
            await blob.DeleteIfExistsAsync(
                conditions: new BlobRequestConditions { IfMatch = empty.ETag }, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException e) when (BlobErrors.MeansExists(e))
        {
            // An upload was committed at this moment: it is data now, and not what was asked to go.
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"remove the uncommitted blocks of {description}/{path}");
        }
    }
}
