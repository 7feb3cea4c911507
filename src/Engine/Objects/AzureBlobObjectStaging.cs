using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Xml;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using TfeBackup.Engine.Objects.AzureBlob;

namespace TfeBackup.Engine.Objects;

/// <summary>A staging of an <see cref="AzureBlobObjectStore"/>.</summary>
/// <remarks>
/// <para>
/// Below <c>.tfe-backup/&lt;id&gt;/</c>: <c>begun</c>, written first; <c>objects/&lt;number&gt;</c> in the order of the keys;
/// <c>index</c>, which lists the keys in that order; and <c>sealed</c>, written last, with the commit token.
/// </para>
/// <para>
/// Promotion copies every staged object to its name (again, if it was interrupted), deletes what the index does not list,
/// then deletes <c>sealed</c> and after it the rest, <c>begun</c> last. A crash anywhere leaves either a sealed staging, to
/// promote again, or one that is only rubbish, to discard.
/// </para>
/// </remarks>
internal sealed class AzureBlobObjectStaging : IObjectStaging
{
    private const int LongestName = 1024;
    private const int MostSegments = 254;
    private const int Concurrency = 16;
    private const int SmallObject = 1 << 20;
    private const int BlockSize = 8 << 20;
    private const int MostBlocks = 50_000;

    private readonly AzureBlobObjectStore _store;
    private readonly StagedKeys _keys;
    private readonly string _prefix;
    private readonly BoundedUploads _uploads = new(Concurrency);
    private readonly ArrayBufferWriter<byte> _indexBuffer = new();
    private readonly List<string> _indexBlocks = [];
    private StagingSeal? _seal;
    private long _objects;
    private bool _adding;
    private bool _disposed;

    public AzureBlobObjectStaging(AzureBlobObjectStore store, string id, bool hasDirectories)
    {
        (_store, Id, _prefix) = (store, id, $"{IObjectStore.ReservedPrefix}{id}/");
        _keys = new StagedKeys(store.Description, hasDirectories);
    }

    public string Id { get; }

    public string? CommitToken => _seal?.CommitToken;

    private BlockBlobClient Begun => _store.Blob(_prefix + "begun");

    private BlockBlobClient Index => _store.Blob(_prefix + "index");

    private BlockBlobClient Sealed => _store.Blob(_prefix + "sealed");

    /// <summary>Takes the name.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PutAsync(Begun, [], new BlobRequestConditions { IfNoneMatch = ETag.All }, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            throw new InvalidOperationException($"{_store.Description} has a staging '{Id}' already.", e);
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed("a restore cannot be staged", e);
        }

        await TryPromotionAsync(cancellationToken);
        _adding = true;
    }

    /// <summary>Finds out whether an earlier process sealed it.</summary>
    public async Task ReadSealAsync(CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult content = await Sealed.DownloadContentAsync(cancellationToken);
            _seal = StagingSeal.FromJson(content.Content.ToMemory().Span, _prefix + "sealed");
        }
        catch (RequestFailedException e) when (BlobFailure.IsNotFound(e))
        {
            _seal = null;
        }
    }

    public async Task AddAsync(ObjectHeader header, Stream content, CancellationToken cancellationToken)
    {
        if (!_adding)
        {
            throw new InvalidOperationException($"The staging '{Id}' is sealed and takes no more objects.");
        }

        _keys.Accept(header.Key);
        await CheckFitsAsync(header.Key, cancellationToken);

        // From here on a failure leaves an object out.
        _adding = false;
        ExactLengthStream source = new(
            content, header.Length,
            how => new InvalidDataException($"The content of {ObjectKey.Quote(header.Key)} has the wrong length: {how}."));
        var blob = StagedBlob(_objects);
        if (header.Length <= SmallObject)
        {
            var bytes = new byte[header.Length];
            await source.ReadExactlyAsync(bytes, cancellationToken);
            _ = await source.ReadAsync(new byte[1], cancellationToken);
            await _uploads.StartAsync(() => UploadAsync(blob, header, new MemoryStream(bytes), CancellationToken.None), cancellationToken);
        }
        else
        {
            await UploadAsync(blob, header, source, cancellationToken);
        }

        _objects++;
        _indexBuffer.Write(StagingIndex.Line(new StagedObject(header.Key, header.Length)));
        if (_indexBuffer.WrittenCount >= BlockSize)
        {
            await StageIndexBlockAsync(cancellationToken);
        }

        _adding = true;
    }

    public async Task CheckPromotableAsync(CancellationToken cancellationToken)
    {
        await BlobPromotion.CheckAsync(_store.Container, _store, _store.Excluded, cancellationToken);
        await TryPromotionAsync(cancellationToken);
    }

    public async Task SealAsync(string commitToken, CancellationToken cancellationToken)
    {
        if (!_adding)
        {
            throw new InvalidOperationException($"The staging '{Id}' cannot be sealed.");
        }

        _adding = false;
        await _uploads.DrainAsync(cancellationToken);
        StagingSeal seal = new(commitToken, _objects);
        try
        {
            await StageIndexBlockAsync(cancellationToken);
            await Index.CommitBlockListAsync(_indexBlocks, new CommitBlockListOptions(), cancellationToken);
            await PutAsync(Sealed, seal.ToJson(), null, cancellationToken);
            _seal = seal;
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed("the staged objects cannot be sealed", e);
        }
    }

    public async Task PromoteAsync(CancellationToken cancellationToken)
    {
        if (_seal is not { } seal)
        {
            throw new InvalidOperationException($"The staging '{Id}' was never sealed, so it can only be discarded.");
        }

        long number = 0;
        await ForEachAsync(
            ReadIndexAsync(seal, cancellationToken).Select(staged => (Number: number++, staged.Key)),
            (item, token) => PlaceAsync(item.Number, item.Key, token),
            cancellationToken);
        await ForEachAsync(
            StagingIndex.StaleAsync(_store.ListAsync(cancellationToken), ReadIndexAsync(seal, cancellationToken), cancellationToken),
            DeleteStaleAsync,
            cancellationToken);
        await DiscardAsync(cancellationToken);
    }

    public async Task DiscardAsync(CancellationToken cancellationToken)
    {
        _adding = false;
        await DisposeAsync();

        // Without its seal a staging is rubbish, however much of it is left; and it is found as long as anything is left.
        await DeleteAsync(Sealed, Sealed.Name, cancellationToken);
        _seal = null;
        var begun = Begun.Name;
        await ForEachAsync(
            _store.ItemsAsync(_prefix, cancellationToken).Select(item => item.Name).Where(name => name != begun),
            (name, token) => DeleteAsync(_store.Blob(name), name, token),
            cancellationToken);
        await DeleteAsync(Begun, begun, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await _uploads.DisposeAsync();
        }
    }

    private static Task ForEachAsync<T>(
        IAsyncEnumerable<T> items, Func<T, CancellationToken, Task> work, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (item, token) => await work(item, token));

    /// <summary>Tries promotion once on blobs of its own: copies one over the other, and deletes both.</summary>
    private async Task TryPromotionAsync(CancellationToken cancellationToken)
    {
        var trial = _store.Blob(_prefix + "trial");
        try
        {
            await PutAsync(trial, [], null, cancellationToken);
            var copy = await trial.StartCopyFromUriAsync(Begun.Uri, new BlobCopyFromUriOptions(), cancellationToken);
            await copy.WaitForCompletionAsync(TimeSpan.FromMilliseconds(200), cancellationToken);
            await trial.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed("objects cannot be put in place because one of this service's own blobs cannot", e);
        }
    }

    private static async Task PutAsync(BlockBlobClient blob, byte[] content, BlobRequestConditions? conditions, CancellationToken cancellationToken)
    {
        using MemoryStream stream = new(content);
        await blob.UploadAsync(stream, new BlobUploadOptions { Conditions = conditions }, cancellationToken);
    }

    private BlockBlobClient StagedBlob(long number) =>
        _store.Blob(string.Create(CultureInfo.InvariantCulture, $"{_prefix}objects/{number:D12}"));

    private async Task CheckFitsAsync(string key, CancellationToken cancellationToken)
    {
        if (key.Length > LongestName)
        {
            throw ObjectErrors.CannotHold(_store.Description, key, $"its name has {key.Length} characters; blob names have at most {LongestName}");
        }

        if (_store.Excluded.Forbids(key) is { } why)
        {
            throw ObjectErrors.CannotHold(_store.Description, key, why);
        }

        if (key.Count(c => c == '/') >= MostSegments)
        {
            throw ObjectErrors.CannotHold(_store.Description, key, $"its name has more than {MostSegments} segments");
        }

        if (IsUnusual(key))
        {
            await TryNameAsync(key, cancellationToken);
        }
    }

    /// <summary>Names that the documentation advises against, because one part or another of the service rewrites them.</summary>
    private static bool IsUnusual(string key) =>
        !ObjectKey.IsPath(key) || key.EndsWith('.') || key.Contains("./", StringComparison.Ordinal) || key.Contains('\\')
        || key.Any(c => char.IsControl(c) || c is '\uFFFE' or '\uFFFF');

    /// <summary>Puts an empty blob with such a name into the staging and checks that it is listed by that name.</summary>
    private async Task TryNameAsync(string key, CancellationToken cancellationToken)
    {
        var folder = _prefix + "names/";
        var name = folder + key;
        if (name.Length > LongestName)
        {
            throw ObjectErrors.CannotHold(_store.Description, key, "its name is too long to check that the service keeps it unchanged");
        }

        try
        {
            var blob = _store.Blob(name);
            await PutAsync(blob, [], null, cancellationToken);
            var found = await _store.ItemsAsync(folder, cancellationToken).AnyAsync(item => item.Name == name, cancellationToken);
            await blob.DeleteIfExistsAsync(cancellationToken: cancellationToken);
            if (!found)
            {
                throw ObjectErrors.CannotHold(_store.Description, key, "the service changes its name");
            }
        }
        catch (Exception e) when (e is RequestFailedException { Status: 400 } or XmlException)
        {
            throw ObjectErrors.CannotHold(_store.Description, key, "the service does not accept its name");
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed($"the object {ObjectKey.Quote(key)} cannot be staged", e);
        }
    }

    private async Task UploadAsync(BlockBlobClient blob, ObjectHeader header, Stream content, CancellationToken cancellationToken)
    {
        // Blocks of the usual size, unless the object would need too many of them.
        var block = Math.Max(BlockSize, (header.Length / MostBlocks) + 1);
        var options = BlobHeaders.Write(header);
        options.TransferOptions = new StorageTransferOptions { InitialTransferSize = block, MaximumTransferSize = block, MaximumConcurrency = 4 };
        try
        {
            await blob.UploadAsync(content, options, cancellationToken);
        }
        catch (Exception) when (content is ExactLengthStream { Failure: { } failure })
        {
            ExceptionDispatchInfo.Throw(failure);
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed($"the object {ObjectKey.Quote(header.Key)} cannot be staged", e);
        }
    }

    private async Task StageIndexBlockAsync(CancellationToken cancellationToken)
    {
        if (_indexBuffer.WrittenCount == 0)
        {
            return;
        }

        var id = Convert.ToBase64String(Encoding.ASCII.GetBytes(_indexBlocks.Count.ToString("D8", CultureInfo.InvariantCulture)));
        using MemoryStream block = new(_indexBuffer.WrittenSpan.ToArray());
        try
        {
            await Index.StageBlockAsync(id, block, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed("the index of the staged objects cannot be written", e);
        }

        _indexBlocks.Add(id);
        _indexBuffer.ResetWrittenCount();
    }

    private async Task PlaceAsync(long number, string key, CancellationToken cancellationToken)
    {
        try
        {
            var target = _store.Blob(key);
            CopyFromUriOperation copy;
            try
            {
                copy = await StartAsync();
            }
            catch (RequestFailedException e) when (e.ErrorCode is "BlobArchived" or "BlobBeingRehydrated")
            {
                // What is in the archive tier can be deleted, but not written over.
                await target.DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);
                copy = await StartAsync();
            }

            Task<CopyFromUriOperation> StartAsync() =>
                target.StartCopyFromUriAsync(StagedBlob(number).Uri, new BlobCopyFromUriOptions(), cancellationToken);

            // Within an account the answer usually says that it is done.
            if (!copy.GetRawResponse().Headers.TryGetValue("x-ms-copy-status", out var status) || status != "success")
            {
                await copy.WaitForCompletionAsync(TimeSpan.FromMilliseconds(200), cancellationToken);
                BlobProperties properties = await target.GetPropertiesAsync(cancellationToken: cancellationToken);
                if (properties.CopyStatus != CopyStatus.Success)
                {
                    throw new EngineException(
                        EngineError.Unavailable,
                        $"{_store.Description}: the object {ObjectKey.Quote(key)} could not be put in place: {properties.CopyStatusDescription}. Promote the restore again.");
                }
            }
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed($"the object {ObjectKey.Quote(key)} cannot be put in place (run it again to continue)", e);
        }
    }

    /// <summary>
    /// Whoever lost the lock without having noticed yet must not delete what came after another has finished this promotion. What he would still put in
    /// its place is not in the staging any more; what he would delete may be somebody's new object.
    /// </summary>
    private async Task DeleteStaleAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            if (!await Sealed.ExistsAsync(cancellationToken))
            {
                throw new EngineException(EngineError.Unavailable, $"{_store.Description}: the staging '{Id}' was finished by somebody else meanwhile.");
            }
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed($"{ObjectKey.Quote(key)} cannot be deleted", e);
        }

        await DeleteAsync(_store.Blob(key), key, cancellationToken);
    }

    private async Task DeleteAsync(BlockBlobClient blob, string key, CancellationToken cancellationToken)
    {
        try
        {
            await blob.DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed($"{ObjectKey.Quote(key)} cannot be deleted", e);
        }
    }

    private async IAsyncEnumerable<StagedObject> ReadIndexAsync(StagingSeal seal, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Stream index;
        try
        {
            index = await Index.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellationToken);
        }
        catch (Exception e) when (BlobFailure.Is(e))
        {
            throw Failed("the index of the staged objects cannot be read", e);
        }

        await using (index)
        {
            await foreach (var staged in StagingIndex.ReadAsync(index, seal.Objects, Index.Name, cancellationToken))
            {
                yield return staged;
            }
        }
    }

    private EngineException Failed(string what, Exception e) => BlobFailure.Explain(_store.Description, what, e);
}
