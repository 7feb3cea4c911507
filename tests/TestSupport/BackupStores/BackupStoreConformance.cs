using System.Security.Cryptography;
using System.Text;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using Xunit;

namespace TfeBackup.TestSupport.BackupStores;

/// <summary>
/// What every backup store must do; each implementation's test class derives from it. The stores under test should have
/// blocks (or buffers) far smaller than <see cref="SeveralBlocks"/>.
/// </summary>
public abstract partial class BackupStoreConformance
{
    /// <summary>A length that takes several blocks, and not a whole number of them.</summary>
    protected const int SeveralBlocks = 3_500_001;

    private readonly BackupKey _key = BackupRecords.Key("production", 1);

    /// <summary>How many backups are many: several pages of a listing.</summary>
    protected virtual int Many => 3_000;

    /// <summary>Creates a new, empty store.</summary>
    protected abstract Task<IBackupStore> CreateStoreAsync();

    /// <summary>Puts a file somewhere below the root of a store that <see cref="CreateStoreAsync"/> made, past the store.</summary>
    protected abstract Task PlantAsync(IBackupStore store, string path, byte[] content);

    /// <summary>The files below the store's root, past the store, with <c>/</c> between segments.</summary>
    protected abstract Task<IReadOnlyList<string>> ListFilesAsync(IBackupStore store);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(1 << 20)]
    [InlineData(SeveralBlocks)]
    public async Task Data_is_read_back_as_it_was_written(int length)
    {
        var store = await CreateStoreAsync();

        var stored = await WriteAsync(store, _key, length);

        var content = TestStream.Content(length);
        Assert.Equal(new BackupContent(length, Convert.ToHexStringLower(SHA256.HashData(content))), stored);
        Assert.Equal(length, (await store.FindDataAsync(_key, default))!.Size);
        Assert.Equal(content, await ReadAsync(store, _key, 0, null));
    }

    [Fact]
    public async Task Trying_whether_it_takes_data_leaves_nothing_behind()
    {
        var store = await CreateStoreAsync();

        var free = await store.CheckWritableAsync(default);

        Assert.True(free is null or > 0, $"{free}");
        Assert.Empty(await ListFilesAsync(store));
    }

    [Fact]
    public async Task Nothing_is_visible_before_the_commit()
    {
        var store = await CreateStoreAsync();
        await using var upload = await store.BeginUploadAsync(_key, default);

        await upload.WriteAsync(new TestStream(SeveralBlocks), null, default);

        await AssertNothingAsync(store);
        await upload.CommitAsync(default);
        Assert.NotNull(await store.FindDataAsync(_key, default));
    }

    [Fact]
    public async Task A_source_that_fails_leaves_nothing_and_its_own_exception()
    {
        var store = await CreateStoreAsync();
        var failure = new InvalidDataException("the source broke");
        await using (var upload = await store.BeginUploadAsync(_key, default))
        {
            Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(
                () => upload.WriteAsync(new TestStream(SeveralBlocks, 1, failure), null, default)));
            await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(default));
        }

        await AssertNothingAsync(store);
        await WriteAsync(store, _key, 10);
        Assert.Equal(TestStream.Content(10), await ReadAsync(store, _key, 0, null));
    }

    [Fact]
    public async Task A_cancelled_upload_leaves_nothing()
    {
        var store = await CreateStoreAsync();
        using var cancel = new CancellationTokenSource();
        await using (var upload = await store.BeginUploadAsync(_key, default))
        {
            var source = new TestStream(SeveralBlocks, 1) { BeforeRead = _ => cancel.CancelAsync() };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.WriteAsync(source, null, cancel.Token));
            await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(default));
        }

        await AssertNothingAsync(store);
    }

    [Fact]
    public async Task An_upload_is_committed_only_after_it_was_written()
    {
        var store = await CreateStoreAsync();
        await using var upload = await store.BeginUploadAsync(_key, default);

        await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(default));
    }

    [Fact]
    public async Task Progress_ends_with_the_whole_length()
    {
        var store = await CreateStoreAsync();
        var progress = new LastReport();
        await using var upload = await store.BeginUploadAsync(_key, default);

        await upload.WriteAsync(new TestStream(SeveralBlocks), progress, default);

        Assert.Equal(SeveralBlocks, progress.Value);
    }

    [Fact]
    public async Task Data_is_never_written_twice()
    {
        var store = await CreateStoreAsync();
        await WriteAsync(store, _key, 100);

        await AssertThrowsAsync(OperationError.AlreadyExists, () => WriteAsync(store, _key, 200, seed: 2));

        Assert.Equal(TestStream.Content(100), await ReadAsync(store, _key, 0, null));
    }

    [Fact]
    public async Task Of_uploads_at_once_to_one_backup_exactly_one_is_kept_and_that_one_whole()
    {
        var store = await CreateStoreAsync();
        var uploads = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.BeginUploadAsync(_key, default)));
        await Task.WhenAll(uploads.Select((upload, i) => upload.WriteAsync(new TestStream(SeveralBlocks, seed: i), null, default)));

        var outcomes = await Task.WhenAll(uploads.Select(upload => OutcomeAsync(() => upload.CommitAsync(default))));
        foreach (var upload in uploads)
        {
            await upload.DisposeAsync();
        }

        var winner = Assert.Single(Enumerable.Range(0, 4), i => outcomes[i] is null);
        Assert.Equal(3, outcomes.Count(outcome => outcome == OperationError.AlreadyExists));
        Assert.Equal(TestStream.Content(SeveralBlocks, winner), await ReadAsync(store, _key, 0, null));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(0, 10)]
    [InlineData(1, 1)]
    [InlineData(1_000_000, 300_000)]
    [InlineData(SeveralBlocks - 5, null)]
    [InlineData(SeveralBlocks - 5, 100)]
    [InlineData(SeveralBlocks, null)]
    [InlineData(17, 0)]
    public async Task Any_part_can_be_read(int offset, int? length)
    {
        var store = await CreateStoreAsync();
        await WriteAsync(store, _key, SeveralBlocks);

        var expected = TestStream.Content(SeveralBlocks)[offset..Math.Min(SeveralBlocks, offset + (length ?? SeveralBlocks))];
        Assert.Equal(expected, await ReadAsync(store, _key, offset, length));
    }

    [Fact]
    public async Task A_part_that_begins_after_the_end_is_refused()
    {
        var store = await CreateStoreAsync();
        await WriteAsync(store, _key, 10);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.OpenDataAsync(_key, 11, null, default));
    }

    [Fact]
    public async Task Data_that_is_not_there_is_said_to_be_missing()
    {
        var store = await CreateStoreAsync();

        Assert.Null(await store.FindDataAsync(_key, default));
        Assert.Null(await store.FindRecordAsync(_key, default));
        await AssertThrowsAsync(OperationError.NotFound, () => store.OpenDataAsync(_key, 0, null, default));
    }

    [Fact]
    public async Task A_store_that_answers_passes_its_check_and_keeps_no_trace_of_it()
    {
        var store = await CreateStoreAsync();

        await store.CheckAsync(default);

        Assert.Empty(await ListFilesAsync(store));
    }

    /// <summary>Writes and commits a backup's data.</summary>
    protected static async Task<BackupContent> WriteAsync(IBackupStore store, BackupKey key, long length, int seed = 1)
    {
        await using var upload = await store.BeginUploadAsync(key, default);
        var content = await upload.WriteAsync(new TestStream(length, seed), null, default);
        await upload.CommitAsync(default);
        return content;
    }

    /// <summary>Writes, commits and publishes a backup.</summary>
    protected static async Task<BackupRecord> PublishAsync(IBackupStore store, BackupKey key, long length = 100)
    {
        var record = BackupRecords.Record(key, await WriteAsync(store, key, length));
        await store.PublishAsync(record, default);
        return record;
    }

    /// <summary>Reads a part of a backup's data.</summary>
    protected static async Task<byte[]> ReadAsync(IBackupStore store, BackupKey key, long offset, long? length)
    {
        await using var stream = await store.OpenDataAsync(key, offset, length, default);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content);
        return content.ToArray();
    }

    /// <summary>Asserts a category, and that the message is more than the category.</summary>
    protected static async Task<OperationException> AssertThrowsAsync(OperationError error, Func<Task> action)
    {
        var exception = await Assert.ThrowsAsync<OperationException>(action);
        Assert.True(error == exception.Error, $"Expected {error}, got {exception.Error}: {exception.Message}");
        Assert.True(exception.Message.Length > 20, exception.Message);
        return exception;
    }

    private static async Task<OperationError?> OutcomeAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (OperationException e)
        {
            return e.Error;
        }
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }

    private static byte[] Json(string text) => Encoding.UTF8.GetBytes(text);

    private async Task AssertNothingAsync(IBackupStore store)
    {
        Assert.Null(await store.FindDataAsync(_key, default));
        await AssertThrowsAsync(OperationError.NotFound, () => store.OpenDataAsync(_key, 0, null, default));
        Assert.Empty(await ToListAsync(store.ListAsync(null, default)));
        Assert.DoesNotContain(BackupLayout.DataPath(_key), await ListFilesAsync(store));
    }

    private sealed class LastReport : IProgress<long>
    {
        public long Value { get; private set; }

        public void Report(long value) => Value = Math.Max(Value, value);
    }
}
