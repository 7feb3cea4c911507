using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using TfeBackup.Azure.Blobs;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Azure;

/// <summary>
/// Keeps backups in a container of Azure Blob Storage, in the layout of <see cref="BackupLayout"/>. Everything is created with
/// <c>If-None-Match: *</c> and never changed, so a container with an immutability policy, legal holds or version-level
/// immutability serves as it is.
/// </summary>
/// <remarks>
/// <para>
/// Where the account keeps versions, a deletion leaves the blob as a previous version, for as long as lifecycle management keeps those;
/// the store neither sees nor removes them. That is on purpose: whoever takes over this process's identity cannot destroy backups
/// for good, as long as it is not given <c>…/blobs/deleteBlobVersion/action</c>. What version-level immutability or a legal hold protects is
/// not deleted even so, but refused with <see cref="OperationError.Immutable"/>.
/// </para>
/// <para>
/// One upload takes at most 48 MiB of memory for blocks, and one open stream at most 32 MiB. A backup may be 41 TiB long;
/// beyond 468 GiB its blocks are built in temporary files of 256 MiB and later of 4,000 MiB, two at once.
/// </para>
/// </remarks>
public sealed class BlobBackupStore : IBackupStore
{
    private readonly BlobContainerClient _container;
    private readonly BlobDocuments _documents;
    private readonly UncommittedBlobs _uncommitted;
    private readonly BlockPlan _plan;
    private readonly BlobBackupStoreOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Creates the store over a container that exists.</summary>
    /// <param name="container">The container; <see cref="BlobContainers"/> makes clients with fitting retries.</param>
    /// <param name="time">Tells whether an immutability policy has expired; the system's where null.</param>
    /// <param name="options">How blobs are written; as the account has it where null.</param>
    public BlobBackupStore(BlobContainerClient container, TimeProvider? time = null, BlobBackupStoreOptions? options = null)
        : this(container, BlockPlan.Default, time, options)
    {
    }

    internal BlobBackupStore(BlobContainerClient container, BlockPlan plan, TimeProvider? time = null, BlobBackupStoreOptions? options = null)
    {
        _container = container;
        _plan = plan;
        _time = time ?? TimeProvider.System;
        _options = options ?? new BlobBackupStoreOptions();

        // A client made from a shared access signature has it in its address.
        Description = container.Uri.GetLeftPart(UriPartial.Path);
        _documents = new BlobDocuments(container, Description);
        _uncommitted = new UncommittedBlobs(container, Description);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await foreach (var name in _documents.ListFoldersAsync(BlobStates.None, cancellationToken))
        {
            _ = name;
            break;
        }
    }

    /// <inheritdoc/>
    public async Task<long?> CheckWritableAsync(CancellationToken cancellationToken)
    {
        // Who may write is refused for the condition, which no blob fulfils; who may not, for that.
        const string name = "write-check";
        try
        {
            _ = await _container.GetBlockBlobClient(name).UploadAsync(
                Stream.Null, new BlobUploadOptions { Conditions = new BlobRequestConditions { IfMatch = new ETag("\"none\"") } }, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 412 || BlobErrors.MeansMissing(e))
        {
            return null;
        }
        catch (Exception e) when (BlobErrors.IsFromService(e, cancellationToken))
        {
            throw BlobErrors.Translate(e, $"write to {Description}");
        }

        return null;
    }

    /// <inheritdoc/>
    public async Task<IBackupUpload> BeginUploadAsync(BackupKey key, CancellationToken cancellationToken)
    {
        // Only the commit decides, but nobody should send 100 GB to learn that they were sent before.
        var path = BackupLayout.DataPath(key);
        if (await FindPropertiesAsync(path, cancellationToken) is not null)
        {
            throw BackupStoreErrors.DataExists(Name(path));
        }

        return new BlobBackupUpload(_container.GetBlockBlobClient(path), _plan, Name(path), _options.AccessTier, Tags(key, "data"));
    }

    /// <inheritdoc/>
    public async Task<StoredData?> FindDataAsync(BackupKey key, CancellationToken cancellationToken)
    {
        var properties = await FindPropertiesAsync(BackupLayout.DataPath(key), cancellationToken);
        return properties is null ? null : new StoredData(properties.ContentLength, properties.LastModified)
        {
            ImmutableUntil = properties.ImmutabilityPolicy?.ExpiresOn,
            LegalHold = properties.HasLegalHold,
        };
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenDataAsync(BackupKey key, long offset, long? length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        var path = BackupLayout.DataPath(key);
        var properties = await FindPropertiesAsync(path, cancellationToken) ?? throw BackupStoreErrors.NoData(key, Description);
        if (properties.AccessTier == AccessTier.Archive.ToString())
        {
            throw BlobErrors.Archived(Name(path), properties.ArchiveStatus is { Length: > 0 });
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, properties.ContentLength);
        var available = properties.ContentLength - offset;
        return new BlobRangeStream(
            _container.GetBlobClient(path), properties.ETag, offset, Math.Min(length ?? available, available), Name(path));
    }

    /// <inheritdoc/>
    public async Task PublishAsync(BackupRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var data = await FindDataAsync(record.Key, cancellationToken) ?? throw BackupStoreErrors.NoData(record.Key, Description);
        if (data.Size != record.Size)
        {
            throw BackupStoreErrors.OtherSize(record, data.Size, Description);
        }

        var path = BackupLayout.RecordPath(record.Key);
        if (!await _documents.TryCreateAsync(path, BackupJson.Write(record), Tags(record), cancellationToken)
            && await FindRecordAsync(record.Key, cancellationToken) != record)
        {
            throw BackupStoreErrors.OtherRecord(record.Key, Name(path));
        }
    }

    /// <inheritdoc/>
    public async Task<BackupRecord?> FindRecordAsync(BackupKey key, CancellationToken cancellationToken)
    {
        var path = BackupLayout.RecordPath(key);
        var json = await _documents.FindAsync(path, cancellationToken);
        if (json is null)
        {
            return null;
        }

        var record = BackupJson.ReadRecord(json, Name(path));
        return record.Key == key
            ? record
            : throw BackupStoreErrors.Misplaced(record, Name(path));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BackupRecord> ListAsync(
        string? installation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var name in ListInstallationsAsync(installation, BlobStates.None, cancellationToken))
        {
            var records = BlobDocuments.ReadManyAsync(
                PublishedKeysAsync(name, cancellationToken), FindRecordAsync, cancellationToken);
            await foreach (var record in records)
            {
                yield return record;
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Orphan> ListOrphansAsync(
        string? installation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var states = await _uncommitted.CanRemoveAsync(cancellationToken) ? BlobStates.Uncommitted : BlobStates.None;
        await foreach (var name in ListInstallationsAsync(installation, states, cancellationToken))
        {
            // In the order of names a backup's data comes right before its record.
            Orphan? data = null;
            await foreach (var blob in _documents.ListAsync(name + "/", states, cancellationToken))
            {
                if (data is not null)
                {
                    if (blob.Name != BackupLayout.RecordPath(data.Key))
                    {
                        yield return data;
                    }

                    data = null;
                }

                data = await FindDataAsync(blob, cancellationToken);
            }

            if (data is not null)
            {
                yield return data;
            }
        }
    }

    /// <inheritdoc/>
    public async Task AddCheckAsync(BackupKey key, CheckRecord check, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(check);
        if (await FindPropertiesAsync(BackupLayout.RecordPath(key), cancellationToken) is null)
        {
            throw BackupStoreErrors.NotPublished(key, Description);
        }

        var path = BackupLayout.CheckPath(key, check.Time);
        if (!await _documents.TryCreateAsync(path, BackupJson.Write(check), tags: null, cancellationToken)
            && await _documents.FindAsync(path, cancellationToken) is { } existing
            && BackupJson.ReadCheck(existing, Name(path)) != check)
        {
            throw BackupStoreErrors.OtherCheck(key, Name(path));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<CheckRecord> ListChecksAsync(
        BackupKey key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var checks = BlobDocuments.ReadManyAsync(CheckPathsAsync(key, cancellationToken), ReadCheckAsync, cancellationToken);
        await foreach (var check in checks)
        {
            yield return check;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(BackupKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var record = BackupLayout.RecordPath(key);
        var data = BackupLayout.DataPath(key);
        await RefuseProtectedAsync(record, cancellationToken);
        await RefuseProtectedAsync(data, cancellationToken);
        await foreach (var check in CheckPathsAsync(key, cancellationToken))
        {
            // Written later than the backup, and so perhaps protected for longer.
            await RefuseProtectedAsync(check, cancellationToken);
        }

        await _documents.DeleteAsync(record, cancellationToken);
        await foreach (var check in CheckPathsAsync(key, cancellationToken))
        {
            await _documents.DeleteAsync(check, cancellationToken);
        }

        await _documents.DeleteAsync(data, cancellationToken);
        await _uncommitted.RemoveAsync(data, cancellationToken);
    }

    private static BackupKey? ParseKey(string blobName, string fileName)
    {
        var parts = blobName.Split('/');
        return parts.Length == 3 && parts[2] == fileName && BackupKey.IsId(parts[1]) && InstallationName.IsValid(parts[0])
            ? new BackupKey(parts[0], parts[1])
            : null;
    }

    private async Task<Orphan?> FindDataAsync(BlobItem blob, CancellationToken cancellationToken)
    {
        if (ParseKey(blob.Name, BackupLayout.DataName) is not { } key || blob.Properties.LastModified is not { } written)
        {
            return null;
        }

        // Listed without a length: an empty blob, or the blocks of an upload that was not committed.
        var size = blob.Properties.ContentLength ?? 0;
        return new Orphan(key, size > 0 ? size : await _uncommitted.FindSizeAsync(blob.Name, cancellationToken) ?? 0, written);
    }

    private async IAsyncEnumerable<string> ListInstallationsAsync(
        string? installation, BlobStates states, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (installation is not null)
        {
            yield return installation;
            yield break;
        }

        // In the order of names, which is not the order of their folders' blobs: a hyphen comes before a slash.
        var names = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var folder in _documents.ListFoldersAsync(states, cancellationToken))
        {
            if (InstallationName.IsValid(folder))
            {
                names.Add(folder);
            }
        }

        foreach (var name in names)
        {
            yield return name;
        }
    }

    private async IAsyncEnumerable<BackupKey> PublishedKeysAsync(
        string installation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in _documents.ListAsync(installation + "/", BlobStates.None, cancellationToken))
        {
            if (ParseKey(blob.Name, BackupLayout.RecordName) is { } key)
            {
                yield return key;
            }
        }
    }

    private async IAsyncEnumerable<string> CheckPathsAsync(
        BackupKey key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = $"{key}/{BackupLayout.ChecksFolder}/";
        await foreach (var blob in _documents.ListAsync(folder, BlobStates.None, cancellationToken))
        {
            if (BackupLayout.IsCheckName(blob.Name[folder.Length..]))
            {
                yield return blob.Name;
            }
        }
    }

    private async Task<CheckRecord?> ReadCheckAsync(string path, CancellationToken cancellationToken) =>
        await _documents.FindAsync(path, cancellationToken) is { } json ? BackupJson.ReadCheck(json, Name(path)) : null;

    private async Task RefuseProtectedAsync(string path, CancellationToken cancellationToken)
    {
        var properties = await FindPropertiesAsync(path, cancellationToken);
        if (properties?.HasLegalHold == true)
        {
            throw new OperationException(OperationError.Immutable, $"Cannot delete {Name(path)}: it is under legal hold.");
        }

        // Which clock decides is the service's; where they differ by minutes it says so itself when it refuses the deletion.
        if (properties?.ImmutabilityPolicy?.ExpiresOn is { } until && until > _time.GetUtcNow())
        {
            throw new OperationException(
                OperationError.Immutable, $"Cannot delete {Name(path)}: an immutability policy protects it until {until:yyyy-MM-dd HH:mm:ss}Z.");
        }
    }

    private Dictionary<string, string>? Tags(BackupKey key, string content) =>
        _options.IndexTags ? new Dictionary<string, string> { ["installation"] = key.Installation, ["id"] = key.Id, ["content"] = content } : null;

    private Dictionary<string, string>? Tags(BackupRecord record)
    {
        var tags = Tags(record.Key, "record");
        tags?.Add("purpose", record.Purpose.ToString());
        tags?.Add("published", record.Verification.Finished.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        return tags;
    }

    private Task<BlobProperties?> FindPropertiesAsync(string path, CancellationToken cancellationToken) =>
        _documents.FindPropertiesAsync(path, cancellationToken);

    private string Name(string path) => $"{Description}/{path}";
}
