using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace TfeBackup.Engine.Objects.AzureBlob;

/// <summary>
/// Finds out whether a container's blobs can be replaced and deleted: names, leases, legal holds, immutability policies of blobs and of the
/// container. What only a try shows, the credentials' rights, the staging tries.
/// </summary>
internal static class BlobPromotion
{
    /// <summary>Looks at every blob, as each is to be replaced or deleted.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>, with the first names.</exception>
    public static async Task CheckAsync(
        BlobContainerClient container, AzureBlobObjectStore store, ObjectExclusions exclusions, CancellationToken cancellationToken)
    {
        await CheckContainerAsync(container, store.Description, cancellationToken);
        var problems = new ObjectProblems();
        var now = DateTimeOffset.UtcNow;
        await foreach (var item in store.ItemsAsync(null, cancellationToken, await TraitsAsync(container, cancellationToken)))
        {
            if (AzureBlobObjectStore.IsObject(item) && exclusions.Find(item.Name) is null
                && (AzureBlobObjectStore.ProblemOfName(item.Name) ?? ProblemOf(item, now)) is { } problem)
            {
                problems.Add(item.Name, problem);
            }
        }

        problems.Throw(
            $"{store.Description} holds blobs that a restore cannot replace", "Nothing was changed. Release or remove them, then restore again.");
    }

    private static string? ProblemOf(BlobItem item, DateTimeOffset now) => item.Properties switch
    {
        { LeaseStatus: LeaseStatus.Locked } or { LeaseState: LeaseState.Leased or LeaseState.Breaking } =>
            "is leased; release or break the lease",
        { HasLegalHold: true } => "is under a legal hold; lift it",
        { ImmutabilityPolicy: { ExpiresOn: { } until } } when until > now => $"is immutable until {until:u}",
        _ => null,
    };

    private static async Task CheckContainerAsync(BlobContainerClient container, string store, CancellationToken cancellationToken)
    {
        try
        {
            var properties = (await container.GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            if (properties is { HasLegalHold: true } or { HasImmutabilityPolicy: true })
            {
                throw new EngineException(
                    EngineError.Unsupported,
                    $"{store} is under {(properties.HasLegalHold is true ? "a legal hold" : "an immutability policy")}, so a restore cannot replace its objects. "
                    + "Remove it, or restore into another container.");
            }
        }
        catch (RequestFailedException e) when (e.Status == 403)
        {
            // Some credentials may not ask; then what each blob says has to do.
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw BlobFailure.Explain(store, "it cannot be inspected", e);
        }
    }

    /// <summary>The states that the service can list: older services and simulators know nothing of immutability.</summary>
    private static async Task<BlobTraits> TraitsAsync(BlobContainerClient container, CancellationToken cancellationToken)
    {
        const BlobTraits all = BlobTraits.Metadata | BlobTraits.ImmutabilityPolicy | BlobTraits.LegalHold;
        try
        {
            await foreach (var page in container.GetBlobsAsync(all, BlobStates.None, null, cancellationToken).AsPages(pageSizeHint: 1))
            {
                break;
            }

            return all;
        }
        catch (RequestFailedException e) when (e.Status == 400)
        {
            return BlobTraits.Metadata;
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw BlobFailure.Explain($"the Blob container {container.Name}", "it cannot be listed", e);
        }
    }
}
