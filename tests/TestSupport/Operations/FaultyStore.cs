using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.TestSupport.Operations;

/// <summary>A store with faults a test asks for, in front of a real one.</summary>
public sealed class FaultyStore(IBackupStore inner) : IBackupStore
{
    /// <summary>How many of the next openings yield data with one bit flipped.</summary>
    public int DamagedReads { get; set; }

    /// <summary>Asked before a removal; what it returns is thrown.</summary>
    public Func<BackupKey, OperationException?> RefuseDelete { get; set; } = _ => null;

    /// <summary>What the next publications throw.</summary>
    public Queue<OperationException> PublishFailures { get; } = new();

    /// <summary>What the next commits throw.</summary>
    public Queue<OperationException> CommitFailures { get; } = new();

    /// <summary>Asked before orphans are listed: how much older than they are to make them.</summary>
    public TimeSpan AgeOrphansBy { get; set; }

    /// <summary>Until when the data of a backup cannot be deleted.</summary>
    public Func<BackupKey, DateTimeOffset?> ImmutableUntil { get; set; } = _ => null;

    /// <summary>What listings throw; null for none.</summary>
    public OperationException? RefuseList { get; set; }

    /// <summary>How often records were listed.</summary>
    public int Listings { get; private set; }

    public string Description => inner.Description;

    public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    public Task<long?> CheckWritableAsync(CancellationToken cancellationToken) => inner.CheckWritableAsync(cancellationToken);

    public async Task<IBackupUpload> BeginUploadAsync(BackupKey key, CancellationToken cancellationToken) =>
        new FaultyUpload(await inner.BeginUploadAsync(key, cancellationToken), CommitFailures);

    public async Task<StoredData?> FindDataAsync(BackupKey key, CancellationToken cancellationToken) =>
        await inner.FindDataAsync(key, cancellationToken) is { } data ? data with { ImmutableUntil = ImmutableUntil(key) } : null;

    public async Task<Stream> OpenDataAsync(BackupKey key, long offset, long? length, CancellationToken cancellationToken)
    {
        var data = await inner.OpenDataAsync(key, offset, length, cancellationToken);
        if (DamagedReads == 0)
        {
            return data;
        }

        DamagedReads--;
        var copy = new MemoryStream();
        await data.CopyToAsync(copy, cancellationToken);
        await data.DisposeAsync();
        copy.GetBuffer()[copy.Length / 2] ^= 1;
        copy.Position = 0;
        return copy;
    }

    public Task PublishAsync(BackupRecord record, CancellationToken cancellationToken) =>
        PublishFailures.TryDequeue(out var failure) ? throw failure : inner.PublishAsync(record, cancellationToken);

    public Task<BackupRecord?> FindRecordAsync(BackupKey key, CancellationToken cancellationToken) => inner.FindRecordAsync(key, cancellationToken);

    public IAsyncEnumerable<BackupRecord> ListAsync(string? installation, CancellationToken cancellationToken)
    {
        Listings++;
        return RefuseList is null ? inner.ListAsync(installation, cancellationToken) : throw RefuseList;
    }

    public async IAsyncEnumerable<Orphan> ListOrphansAsync(
        string? installation, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var orphan in inner.ListOrphansAsync(installation, cancellationToken))
        {
            yield return orphan with { LastWritten = orphan.LastWritten - AgeOrphansBy };
        }
    }

    public Task AddCheckAsync(BackupKey key, CheckRecord check, CancellationToken cancellationToken) => inner.AddCheckAsync(key, check, cancellationToken);

    public IAsyncEnumerable<CheckRecord> ListChecksAsync(BackupKey key, CancellationToken cancellationToken) => inner.ListChecksAsync(key, cancellationToken);

    public Task DeleteAsync(BackupKey key, CancellationToken cancellationToken) =>
        RefuseDelete(key) is { } refusal ? throw refusal : inner.DeleteAsync(key, cancellationToken);

    private sealed class FaultyUpload(IBackupUpload inner, Queue<OperationException> commitFailures) : IBackupUpload
    {
        public Task<BackupContent> WriteAsync(Stream content, IProgress<long>? progress, CancellationToken cancellationToken) =>
            inner.WriteAsync(content, progress, cancellationToken);

        public Task CommitAsync(CancellationToken cancellationToken) =>
            commitFailures.TryDequeue(out var failure) ? throw failure : inner.CommitAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
