using System.Buffers.Binary;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Azure.Blobs;

/// <summary>
/// Uploads a stream of unknown length as one block blob. Blocks are staged several at a time while the stream is read on and
/// hashed; the blob comes into being by one Put Block List, and never over another blob. Until then nothing is visible, and
/// what an upload leaves that was never committed the service drops after a week.
/// </summary>
internal sealed class BlobBackupUpload(
    BlockBlobClient blob, BlockPlan plan, string description, AccessTier? accessTier, IDictionary<string, string>? tags) : IBackupUpload
{
    /// <summary>Metadata: names the upload that made the blob, so that a repeated commit recognises its own work.</summary>
    public const string UploadMetadata = "upload";

    /// <summary>Metadata: SHA-256 of the content as it was received, in lower-case hex.</summary>
    public const string Sha256Metadata = "sha256";

    // Spooled blocks are gigabytes on a disk: one is being filled while one is being sent.
    private const int SpoolFiles = 2;

    private readonly byte[] _uploadId = RandomNumberGenerator.GetBytes(16);
    private readonly List<string> _blockIds = [];
    private bool _started;
    private BackupContent? _content;

    /// <inheritdoc/>
    public async Task<BackupContent> WriteAsync(Stream content, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (_started)
        {
            throw new InvalidOperationException("An upload is written once.");
        }

        _started = true;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var failure = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var memory = new SemaphoreSlim(plan.Segments);
        using var spools = new SemaphoreSlim(SpoolFiles);
        var sending = new List<Task>();
        long size;
        try
        {
            size = await StageAllAsync(content, progress, hash, memory, spools, sending, failure);
            await Task.WhenAll(sending);
        }
        catch (Exception)
        {
            // Whatever went wrong, nothing may still use the buffers and the semaphores afterwards.
            await failure.CancelAsync();
            await Task.WhenAll(sending).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

            // A block that the service refused cancels the reading, not the other way round: the refusal is the cause.
            cancellationToken.ThrowIfCancellationRequested();
            if (sending.FirstOrDefault(task => task.IsFaulted) is { } refused)
            {
                await refused;
            }

            throw;
        }

        _content = new BackupContent(size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        return _content;
    }

    /// <inheritdoc/>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_content is null)
        {
            throw new InvalidOperationException("Nothing was written to its end that could be committed.");
        }

        var uploadId = Convert.ToHexStringLower(_uploadId);
        var options = new CommitBlockListOptions
        {
            Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/octet-stream" },
            Metadata = new Dictionary<string, string> { [UploadMetadata] = uploadId, [Sha256Metadata] = _content.Sha256 },
            AccessTier = accessTier,
            Tags = tags,
        };
        try
        {
            await blob.CommitBlockListAsync(_blockIds, options, cancellationToken);
        }
        catch (RequestFailedException e) when (BlobErrors.MeansExists(e) || e.ErrorCode == BlobErrorCode.InvalidBlockList)
        {
            // An answer that gets lost makes the client ask again, and the second answer says that the blob exists. Whose it
            // is, its metadata tells. (InvalidBlockList: another upload committed first, which drops everybody's other blocks.)
            if (await FindMakerAsync(cancellationToken) != uploadId)
            {
                throw new OperationException(
                    OperationError.AlreadyExists, $"Cannot commit {description}: another upload to the same backup came first.", e);
            }
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"commit {description}");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<long> StageAllAsync(
        Stream content,
        IProgress<long>? progress,
        IncrementalHash hash,
        SemaphoreSlim memory,
        SemaphoreSlim spools,
        List<Task> sending,
        CancellationTokenSource failure)
    {
        var pool = new SegmentPool(plan.SegmentSize);
        long size = 0;
        while (true)
        {
            if (plan.GetTier(_blockIds.Count) is not { } tier)
            {
                return await content.ReadAsync(new byte[1], failure.Token) == 0 ? size : throw new OperationException(
                    OperationError.Unsupported, $"Cannot write {description}: it is longer than {plan.MaxLength} bytes, the maximum of this store.");
            }

            var block = tier.Spooled
                ? await SpooledBlock.FillAsync(content, tier.BlockSize, hash, spools, failure.Token)
                : await MemoryBlock.FillAsync(content, tier.BlockSize, pool, hash, memory, failure.Token);
            size += block.Length;
            var atEnd = block.Length < tier.BlockSize;
            if (block.Length == 0)
            {
                await block.DisposeAsync();
                return size;
            }

            progress?.Report(size);
            var blockId = NextBlockId();
            sending.RemoveAll(task => task.IsCompletedSuccessfully);
            sending.Add(Task.Run(() => SendAsync(block, blockId, failure), CancellationToken.None));
            if (atEnd)
            {
                return size;
            }
        }
    }

    /// <summary>
    /// All uploads to one blob share a name space of block ids until one is committed: the random part keeps two of them
    /// from replacing each other's blocks.
    /// </summary>
    private string NextBlockId()
    {
        var id = new byte[_uploadId.Length + sizeof(int)];
        _uploadId.CopyTo(id, 0);
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(_uploadId.Length), _blockIds.Count);
        _blockIds.Add(Convert.ToBase64String(id));
        return _blockIds[^1];
    }

    private async Task SendAsync(UploadBlock block, string blockId, CancellationTokenSource failure)
    {
        await using (block)
        {
            try
            {
                await blob.StageBlockAsync(blockId, block.Content, cancellationToken: failure.Token);
                block.MarkSent();
            }
            catch (Exception e)
            {
                var fromService = BlobErrors.IsFromService(e, failure.Token);
                await failure.CancelAsync();
                if (!fromService)
                {
                    throw;
                }

                throw e is RequestFailedException refused && BlobErrors.MeansExists(refused)
                    ? new OperationException(OperationError.AlreadyExists, $"Cannot write {description}: it already exists and is immutable.", e)
                    : BlobErrors.Translate(e, $"write {description}");
            }
        }
    }

    private async Task<string?> FindMakerAsync(CancellationToken cancellationToken)
    {
        try
        {
            var properties = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
            return properties.Value.Metadata.TryGetValue(UploadMetadata, out var maker) ? maker : null;
        }
        catch (RequestFailedException e) when (BlobErrors.MeansMissing(e))
        {
            return null;
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"determine whether {description} was committed");
        }
    }
}
