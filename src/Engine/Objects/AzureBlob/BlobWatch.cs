using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs.Models;

namespace TfeBackup.Engine.Objects.AzureBlob;

/// <summary>
/// Finds in a container's second listing what was made after the first and deleted again: an account with soft delete or versioning lists that, too.
/// </summary>
/// <remarks>Without them the service forgets what was deleted, and cannot be asked whether it does.</remarks>
/// <param name="store">The store.</param>
internal sealed class BlobWatch(AzureBlobObjectStore store) : IObjectWatch
{
    // Not every kind of account knows every state.
    private static readonly BlobStates[] Known = [BlobStates.Deleted | BlobStates.Version, BlobStates.Deleted];

    private DateTimeOffset _since;

    /// <inheritdoc/>
    public string? Gap { get; private set; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListBeforeAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _since = await store.FindTimeAsync(cancellationToken);
        await foreach (var info in store.ListAsync(cancellationToken))
        {
            yield return info;
        }
    }

    /// <inheritdoc/>
    public void AwaitMoment()
    {
        // What was deleted before it is listed as well: the service tells times to the second.
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAfterAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var states in Known.Append(BlobStates.None))
        {
            await using var listing = store.ListAsync(states, _since, cancellationToken).GetAsyncEnumerator(cancellationToken);
            bool any;
            try
            {
                any = await listing.MoveNextAsync();
            }
            catch (EngineException e) when (states != BlobStates.None && e.InnerException is RequestFailedException { Status: 400 or 409 or 501 } refused)
            {
                Gap = states == BlobStates.Deleted ? $"the account does not list deleted blobs ({refused.ErrorCode})" : null;
                continue;
            }

            for (; any; any = await listing.MoveNextAsync())
            {
                yield return listing.Current;
            }

            yield break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held.
    }
}
