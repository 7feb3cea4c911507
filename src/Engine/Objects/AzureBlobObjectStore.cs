using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using TfeBackup.Engine.Objects.AzureBlob;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// Objects as blobs of one container, a key being the blob's name. Content type, the other HTTP headers and metadata are kept.
/// </summary>
/// <remarks>
/// Append and page blobs are read as the bytes they hold and come back as block blobs. Snapshots, earlier versions and
/// soft-deleted blobs are not objects. The markers of directories in accounts with a hierarchical namespace are passed
/// over. Restores stage below <c>.tfe-backup/</c> in the container and put objects in place by copying within the account.
/// </remarks>
/// <param name="container">
/// The container. Client, credentials and retries are the caller's: see <see cref="CreateClientOptions"/>.
/// </param>
/// <param name="exclusions">Names to leave out: keys, or beginnings of keys that end in a slash.</param>
internal sealed class AzureBlobObjectStore(BlobContainerClient container, IReadOnlyList<string>? exclusions = null) : IObjectStore
{
    private const int MostProblems = 100;
    private const string LedgerName = IObjectStore.ReservedPrefix + "restores.json";

    private readonly ObjectExclusions _exclusions = new(exclusions ?? []);

    /// <inheritdoc/>
    public IReadOnlyList<string> Exclusions => _exclusions.Names;

    /// <inheritdoc/>
    public string Description { get; } = $"the Blob container {container.Uri.GetLeftPart(UriPartial.Path)}";

    /// <summary>
    /// Options for the container's client that suit long transfers (more retries than the default, over a longer time), and that reach blobs by
    /// every name a blob can have.
    /// </summary>
    public static BlobClientOptions CreateClientOptions()
    {
        BlobClientOptions options = new()
        {
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = 6,
                Delay = TimeSpan.FromMilliseconds(400),
                MaxDelay = TimeSpan.FromSeconds(20),
                NetworkTimeout = TimeSpan.FromSeconds(100),
            },
        };
        options.AddPolicy(new ExactNamePolicy(), HttpPipelinePosition.PerCall);
        return options;
    }

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, null, cancellationToken))
            {
                break;
            }
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw BlobFailure.Explain(Description, "it cannot be listed", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // What goes wrong while a token is fetched is of a type that only the host's credential knows.
            throw new EngineException(EngineError.Unavailable, $"{Description}: it cannot be listed: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        await foreach (var item in ItemsAsync(null, cancellationToken))
        {
            if (IsObject(item) && _exclusions.Find(item.Name) is null)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(CancellationToken cancellationToken) => ListAsync(BlobStates.None, default, cancellationToken);

    /// <inheritdoc/>
    public IObjectWatch Watch() => new BlobWatch(this);

    /// <summary>Lists the objects, and among them what is deleted by now, as far as the account still knows it.</summary>
    /// <param name="states">The states of deleted blobs to ask for.</param>
    /// <param name="since">The time from which on something deleted has to have been written to be listed.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    internal async IAsyncEnumerable<ObjectInfo> ListAsync(
        BlobStates states, DateTimeOffset since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // What a number cannot say of the first few; it is bounded like everything else here.
        const long Excluded = -1;
        const long Faulty = -2;
        const long Gone = -3;
        Dictionary<string, string> problems = new(StringComparer.Ordinal);
        using KeySorter sorter = new();
        await foreach (var item in ItemsAsync(null, cancellationToken, BlobTraits.Metadata, states))
        {
            if (!IsObject(item))
            {
                continue;
            }

            if (IsGone(item))
            {
                if (_exclusions.Find(item.Name) is null && ProblemOfName(item.Name) is null && LastWrite(item) >= since)
                {
                    sorter.Add(item.Name, Gone);
                }
            }
            else if (_exclusions.Find(item.Name) is not null)
            {
                sorter.Add(item.Name, Excluded);
            }
            else if (ProblemOf(item) is { } problem)
            {
                sorter.Add(item.Name, Faulty);
                if (problems.Count < MostProblems)
                {
                    problems[item.Name] = problem;
                }
            }
            else
            {
                sorter.Add(item.Name, item.Properties.ContentLength ?? 0);
            }
        }

        (string Key, long Length)? next = null;
        foreach (var (key, length) in sorter.Sorted())
        {
            // Of a name that has earlier versions, too, what is there now is the object.
            if (next is { } same && same.Key == key)
            {
                next = (key, Math.Max(same.Length, length));
                continue;
            }

            if (next is { } item)
            {
                yield return Describe(item.Key, item.Length);
            }

            next = (key, length);
        }

        if (next is { } last)
        {
            yield return Describe(last.Key, last.Length);
        }

        ObjectInfo Describe(string key, long length) => length switch
        {
            Excluded => new ObjectInfo(key, 0) { Excluded = true },
            Faulty => new ObjectInfo(key, 0) { Problem = problems.GetValueOrDefault(key, "cannot be read either") },
            Gone => new ObjectInfo(key, 0),
            _ => new ObjectInfo(key, length),
        };
    }

    /// <inheritdoc/>
    public async Task<ObjectContent?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        BlobDownloadStreamingResult download;
        try
        {
            // The library takes the rest up after a broken connection, and only of the same ETag.
            download = await Blob(key).DownloadStreamingAsync(new BlobDownloadOptions(), cancellationToken);
        }
        catch (RequestFailedException e) when (BlobFailure.IsNotFound(e))
        {
            return await IsListedAsync(key, cancellationToken)
                ? throw ObjectErrors.Unreadable(Description, key, "is listed but cannot be opened by that name; rename it")
                : null;
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw BlobFailure.Explain(Description, $"the object {ObjectKey.Quote(key)} cannot be opened", e);
        }

        var header = BlobHeaders.Read(key, download.Details);
        return new ObjectContent(header, new ExactLengthStream(
            download.Content,
            header.Length,
            how => ObjectErrors.Changed(Description, key, how),
            translate: e => e switch
            {
                RequestFailedException { Status: 404 or 412 or 416 } changed =>
                    ObjectErrors.Changed(Description, key, changed.Status == 404 ? "it was deleted" : "it was written to"),
                _ when BlobFailure.Is(e) => BlobFailure.Explain(Description, $"the object {ObjectKey.Quote(key)} cannot be read", e),
                _ => null,
            }));
    }

    /// <inheritdoc/>
    public async Task<IObjectStaging> CreateStagingAsync(string id, CancellationToken cancellationToken)
    {
        StagingId.Check(id);

        await BlobPromotion.CheckAsync(container, this, _exclusions, cancellationToken);
        AzureBlobObjectStaging staging = new(this, id, await HasDirectoriesAsync(cancellationToken));
        await staging.BeginAsync(cancellationToken);
        return staging;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IObjectStaging>> FindStagingsAsync(CancellationToken cancellationToken)
    {
        List<IObjectStaging> stagings = [];
        try
        {
            await foreach (var item in container.GetBlobsByHierarchyAsync(
                BlobTraits.None, BlobStates.None, "/", IObjectStore.ReservedPrefix, cancellationToken))
            {
                var id = item.IsPrefix ? item.Prefix[IObjectStore.ReservedPrefix.Length..].TrimEnd('/') : "";
                if (StagingId.IsValid(id))
                {
                    AzureBlobObjectStaging staging = new(this, id, false);
                    await staging.ReadSealAsync(cancellationToken);
                    stagings.Add(staging);
                }
            }
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw BlobFailure.Explain(Description, "the stagings of earlier restores cannot be read", e);
        }

        return stagings;
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadLedgerAsync(CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult content = await Blob(LedgerName).DownloadContentAsync(cancellationToken);
            return content.Content.ToArray();
        }
        catch (RequestFailedException e) when (BlobFailure.IsNotFound(e))
        {
            return null;
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw BlobFailure.Explain(Description, "the list of restores cannot be read", e);
        }
    }

    /// <inheritdoc/>
    public async Task WriteLedgerAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            using MemoryStream stream = new(content.ToArray(), writable: false);
            await Blob(LedgerName).UploadAsync(stream, new BlobUploadOptions(), cancellationToken);
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw BlobFailure.Explain(Description, "the list of restores cannot be written", e);
        }
    }

    /// <summary>Gets the service's time, to the second.</summary>
    internal async Task<DateTimeOffset> FindTimeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var page in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, null, cancellationToken).AsPages(pageSizeHint: 1))
            {
                return page.GetRawResponse().Headers.Date ?? DateTimeOffset.MinValue;
            }
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw BlobFailure.Explain(Description, "it cannot be listed", e);
        }

        return DateTimeOffset.MinValue;
    }

    /// <summary>The client of one blob.</summary>
    internal BlockBlobClient Blob(string key) => ExactNamePolicy.Client(container, key);

    /// <summary>The container.</summary>
    internal BlobContainerClient Container => container;

    /// <summary>The objects that are left alone.</summary>
    internal ObjectExclusions Excluded => _exclusions;

    /// <summary>The blobs below a prefix, in no particular order.</summary>
    internal async IAsyncEnumerable<BlobItem> ItemsAsync(
        string? prefix, [EnumeratorCancellation] CancellationToken cancellationToken, BlobTraits traits = BlobTraits.Metadata, BlobStates states = BlobStates.None)
    {
        await using var items =
            container.GetBlobsAsync(traits, states, prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception e) when (BlobFailure.Is(e))
            {
                throw BlobFailure.Explain(Description, "it cannot be listed", e);
            }

            yield return items.Current;
        }
    }

    /// <summary>Describes why a name is not a valid key; null if it is.</summary>
    internal static string? ProblemOfName(string name) => ObjectKey.Problem(name) is { } problem ? $"cannot be backed up: {problem}; rename it" : null;

    private static string? ProblemOf(BlobItem item) => ProblemOfName(item.Name) ?? item.Properties switch
    {
        { AccessTier: { } tier } when tier == AccessTier.Archive => "is in the archive tier and cannot be read; rehydrate it",
        { CustomerProvidedKeySha256: not null } => "is encrypted with a customer-provided key; write it again without one",
        _ => null,
    };

    internal static bool IsObject(BlobItem item) =>
        !item.Name.StartsWith(IObjectStore.ReservedPrefix, StringComparison.Ordinal)
        && !IsFolder(item);

    private static bool IsGone(BlobItem item) => item.Deleted || (item.VersionId is not null && item.IsLatestVersion != true);

    private static DateTimeOffset LastWrite(BlobItem item) =>
        new[] { item.Properties.CreatedOn, item.Properties.LastModified }.Max() ?? DateTimeOffset.MaxValue;

    private static bool IsFolder(BlobItem item) =>
        item.Properties.ContentLength is 0 or null
        && item.Metadata is { } metadata
        && metadata.TryGetValue(BlobHeaders.FolderMark, out var mark)
        && mark.Equals("true", StringComparison.OrdinalIgnoreCase);

    private async Task<bool> IsListedAsync(string key, CancellationToken cancellationToken)
    {
        await foreach (var item in ItemsAsync(key, cancellationToken))
        {
            // The key itself is the first of all that begin with it.
            return item.Name == key;
        }

        return false;
    }

    private async Task<bool> HasDirectoriesAsync(CancellationToken cancellationToken)
    {
        try
        {
            AccountInfo account = await container.GetParentBlobServiceClient().GetAccountInfoAsync(cancellationToken);
            return account.IsHierarchicalNamespaceEnabled;
        }
        catch (RequestFailedException)
        {
            // Some credentials may not ask; then a name that is both file and directory shows only when it is put in place.
            return false;
        }
    }
}
