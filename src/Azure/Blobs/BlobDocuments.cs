using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Azure.Blobs;

/// <summary>The small things a store does with a container: documents written once, listings, deletions; errors translated.</summary>
internal sealed class BlobDocuments(BlobContainerClient container, string description)
{
    private const int MaxDocument = 1 << 20;

    // Records read at once in a listing. Each is one short request; the listing itself brings 5,000 names a page.
    private const int Concurrency = 16;

    /// <summary>Creates a document if there is none by that name; false where there is.</summary>
    public async Task<bool> TryCreateAsync(
        string path, byte[] json, IDictionary<string, string>? tags, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
            Tags = tags,
        };
        try
        {
            await container.GetBlobClient(path).UploadAsync(BinaryData.FromBytes(json), options, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (BlobErrors.MeansExists(e))
        {
            return false;
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"write {description}/{path}");
        }
    }

    /// <summary>Reads a document; null where there is none.</summary>
    public async Task<byte[]?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // One request: a range that no document reaches, so that somebody's large file cannot fill the memory.
            var options = new BlobDownloadOptions { Range = new HttpRange(0, MaxDocument) };
            var content = (await container.GetBlobClient(path).DownloadContentAsync(options, cancellationToken)).Value.Content;
            return content.ToMemory().Length < MaxDocument
                ? content.ToArray()
                : throw BackupStoreErrors.TooLong($"{description}/{path}");
        }
        catch (RequestFailedException e) when (BlobErrors.MeansMissing(e))
        {
            return null;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidRange)
        {
            // No range of an empty blob can be had.
            return [];
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.TranslateRead(e, $"{description}/{path}");
        }
    }

    /// <summary>A blob's properties; null where there is none.</summary>
    public async Task<BlobProperties?> FindPropertiesAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await container.GetBlobClient(path).GetPropertiesAsync(cancellationToken: cancellationToken);
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

    /// <summary>Deletes a blob with its snapshots; one that is not there is fine.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await container.GetBlobClient(path).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"delete {description}/{path}");
        }
    }

    /// <summary>The blobs below a prefix, in the order of their names.</summary>
    public async IAsyncEnumerable<BlobItem> ListAsync(
        string prefix, BlobStates states, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pages = container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix, States = states }, cancellationToken);
        await foreach (var blob in TranslateAsync(pages, cancellationToken))
        {
            yield return blob;
        }
    }

    /// <summary>The names of the container's folders, without slashes.</summary>
    public async IAsyncEnumerable<string> ListFoldersAsync(
        BlobStates states, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pages = container.GetBlobsByHierarchyAsync(new GetBlobsByHierarchyOptions { Delimiter = "/", States = states }, cancellationToken);
        await foreach (var item in TranslateAsync(pages, cancellationToken))
        {
            if (item.IsPrefix)
            {
                yield return item.Prefix.TrimEnd('/');
            }
        }
    }

    /// <summary>Reads many documents, several at once, in the order of the keys. What was deleted meanwhile is left out.</summary>
    public static async IAsyncEnumerable<TValue> ReadManyAsync<TKey, TValue>(
        IAsyncEnumerable<TKey> keys,
        Func<TKey, CancellationToken, Task<TValue?>> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where TValue : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = new Queue<Task<TValue?>>();
        try
        {
            await foreach (var key in keys.WithCancellation(stop.Token))
            {
                reading.Enqueue(read(key, stop.Token));
                if (reading.Count == Concurrency && await reading.Dequeue() is { } value)
                {
                    yield return value;
                }
            }

            while (reading.TryDequeue(out var next))
            {
                if (await next is { } value)
                {
                    yield return value;
                }
            }
        }
        finally
        {
            // A caller that stops early, or one document that cannot be read: the others end before this returns.
            await stop.CancelAsync();
            await Task.WhenAll(reading).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async IAsyncEnumerable<T> TranslateAsync<T>(
        AsyncPageable<T> pages, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : notnull
    {
        await using var items = pages.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
            {
                throw BlobErrors.Translate(e, $"list {description}");
            }

            yield return items.Current;
        }
    }
}
