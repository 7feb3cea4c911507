using TfeBackup.Operations.Model;
using Xunit;

namespace TfeBackup.TestSupport.BackupStores;

/// <content>Records, listings, orphans, checks, deletion.</content>
public abstract partial class BackupStoreConformance
{
    [Fact]
    public async Task A_published_record_is_found_as_it_was_written()
    {
        var store = await CreateStoreAsync();

        var record = await PublishAsync(store, _key);

        Assert.Equal(record, await store.FindRecordAsync(_key, default));
        Assert.Equal([record], await ToListAsync(store.ListAsync("production", default)));
        Assert.Equal([BackupLayout.DataPath(_key), BackupLayout.RecordPath(_key)], (await ListFilesAsync(store)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Publishing_an_equal_record_again_succeeds_and_another_one_is_refused()
    {
        var store = await CreateStoreAsync();
        var record = await PublishAsync(store, _key);

        await store.PublishAsync(record with { }, default);
        var message = (await AssertThrowsAsync(
            OperationError.AlreadyExists, () => store.PublishAsync(record with { OperationId = "backup-2" }, default))).Message;

        Assert.Contains(_key.ToString(), message, StringComparison.Ordinal);
        Assert.Equal(record, await store.FindRecordAsync(_key, default));
    }

    [Fact]
    public async Task Of_different_records_at_once_exactly_one_is_published()
    {
        var store = await CreateStoreAsync();
        var content = await WriteAsync(store, _key, 10);
        var records = Enumerable.Range(0, 4).Select(i => BackupRecords.Record(_key, content, $"backup-{i}")).ToArray();

        var outcomes = await Task.WhenAll(records.Select(record => OutcomeAsync(() => store.PublishAsync(record, default))));

        var winner = Assert.Single(Enumerable.Range(0, 4), i => outcomes[i] is null);
        Assert.Equal(records[winner], await store.FindRecordAsync(_key, default));
    }

    [Fact]
    public async Task A_record_needs_data_of_its_size()
    {
        var store = await CreateStoreAsync();
        var record = BackupRecords.Record(_key, new BackupContent(11, new string('0', 64)));

        await AssertThrowsAsync(OperationError.NotFound, () => store.PublishAsync(record, default));
        await WriteAsync(store, _key, 10);
        await AssertThrowsAsync(OperationError.Corrupt, () => store.PublishAsync(record, default));

        Assert.Null(await store.FindRecordAsync(_key, default));
    }

    [Fact]
    public async Task Listings_are_by_installation_and_then_oldest_first_and_leave_out_what_is_not_the_stores()
    {
        var store = await CreateStoreAsync();
        BackupKey[] keys = [BackupRecords.Key("a", 1), BackupRecords.Key("a", 2), BackupRecords.Key("a-b", 1), BackupRecords.Key("b", 1)];
        foreach (var i in new[] { 3, 1, 0, 2 })
        {
            await PublishAsync(store, keys[i]);
        }

        await WriteAsync(store, BackupRecords.Key("a", 3), 10);
        await PlantAsync(store, "a/notes.txt", Json("mine"));
        await PlantAsync(store, "a/latest/backup.json", Json("{}"));
        await PlantAsync(store, "lost+found/20261122T031500Z-00000001/backup.json", Json("{}"));
        await PlantAsync(store, $"{keys[0]}/backup.json.bak", Json("{}"));

        Assert.Equal(keys, (await ToListAsync(store.ListAsync(null, default))).Select(record => record.Key));
        Assert.Equal(keys[..2], (await ToListAsync(store.ListAsync("a", default))).Select(record => record.Key));
        Assert.Empty(await ToListAsync(store.ListAsync("nobody", default)));
    }

    [Theory]
    [InlineData("{", OperationError.Corrupt)]
    [InlineData("", OperationError.Corrupt)]
    [InlineData("null", OperationError.Corrupt)]
    public async Task A_record_that_cannot_be_read_stops_a_listing_by_name(string json, OperationError expected)
    {
        var store = await CreateStoreAsync();
        await PublishAsync(store, BackupRecords.Key("production", 2));
        await PlantAsync(store, BackupLayout.RecordPath(_key), Json(json));

        var exception = await AssertThrowsAsync(expected, () => ToListAsync(store.ListAsync(null, default)));

        Assert.Contains(_key.ToString(), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_of_another_backup_is_not_believed()
    {
        var store = await CreateStoreAsync();
        var other = BackupRecords.Record(BackupRecords.Key("other", 1), new BackupContent(1, new string('0', 64)));
        await PlantAsync(store, BackupLayout.RecordPath(_key), BackupJson.Write(other));

        await AssertThrowsAsync(OperationError.Corrupt, () => store.FindRecordAsync(_key, default));
    }

    [Fact]
    public async Task Data_without_a_record_is_an_orphan()
    {
        var store = await CreateStoreAsync();
        await PublishAsync(store, BackupRecords.Key("a", 1));
        await WriteAsync(store, BackupRecords.Key("a", 2), 1_000);
        await PublishAsync(store, BackupRecords.Key("a", 3));
        await WriteAsync(store, BackupRecords.Key("b", 1), 0);
        await PlantAsync(store, "a/notes.txt", Json("mine"));

        var orphans = await ToListAsync(store.ListOrphansAsync(null, default));

        Assert.Equal([(BackupRecords.Key("a", 2), 1_000L), (BackupRecords.Key("b", 1), 0L)], orphans.Select(orphan => (orphan.Key, orphan.Size)));
        Assert.All(orphans, orphan => Assert.InRange(orphan.LastWritten, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5)));
        Assert.Equal([BackupRecords.Key("b", 1)], (await ToListAsync(store.ListOrphansAsync("b", default))).Select(orphan => orphan.Key));
    }

    [Fact]
    public async Task What_an_unfinished_upload_leaves_is_found_and_can_be_removed()
    {
        var store = await CreateStoreAsync();

        // Not disposed: as if the process had died.
        var upload = await store.BeginUploadAsync(_key, default);
        await upload.WriteAsync(new TestStream(SeveralBlocks), null, default);

        var orphan = Assert.Single(await ToListAsync(store.ListOrphansAsync(null, default)));
        Assert.Equal((_key, SeveralBlocks), (orphan.Key, orphan.Size));
        await store.DeleteAsync(_key, default);
        Assert.Empty(await ToListAsync(store.ListOrphansAsync(null, default)));
        Assert.Empty(await ListFilesAsync(store));
    }

    [Fact]
    public async Task Checks_are_kept_by_time_and_never_rewritten()
    {
        var store = await CreateStoreAsync();
        await AssertThrowsAsync(OperationError.NotFound, () => store.AddCheckAsync(_key, BackupRecords.Check(1), default));
        await PublishAsync(store, _key);

        await store.AddCheckAsync(_key, BackupRecords.Check(2), default);
        await store.AddCheckAsync(_key, BackupRecords.Check(1), default);
        await store.AddCheckAsync(_key, BackupRecords.Check(1), default);
        await AssertThrowsAsync(OperationError.AlreadyExists, () => store.AddCheckAsync(_key, BackupRecords.Check(1, "2 bytes differ"), default));
        await PlantAsync(store, $"{_key}/checks/README", Json("mine"));

        Assert.Equal([BackupRecords.Check(1), BackupRecords.Check(2)], await ToListAsync(store.ListChecksAsync(_key, default)));
        Assert.Empty(await ToListAsync(store.ListChecksAsync(BackupRecords.Key("production", 2), default)));
    }

    [Fact]
    public async Task Deleting_removes_everything_of_one_backup_and_nothing_else()
    {
        var store = await CreateStoreAsync();
        var kept = await PublishAsync(store, BackupRecords.Key("production", 2));
        await PublishAsync(store, _key);
        await store.AddCheckAsync(_key, BackupRecords.Check(1), default);
        await PlantAsync(store, $"{_key}/notes.txt", Json("mine"));

        await store.DeleteAsync(_key, default);
        await store.DeleteAsync(_key, default);

        Assert.Equal([kept], await ToListAsync(store.ListAsync(null, default)));
        Assert.Empty(await ToListAsync(store.ListOrphansAsync(null, default)));
        Assert.Equal(
            [$"{_key}/notes.txt", BackupLayout.DataPath(kept.Key), BackupLayout.RecordPath(kept.Key)],
            (await ListFilesAsync(store)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Many_backups_are_listed_whole_and_in_order()
    {
        var store = await CreateStoreAsync();
        var empty = new BackupContent(1, new string('0', 64));
        await Parallel.ForAsync(0, Many, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var key = BackupRecords.Key("production", i);
            await PlantAsync(store, BackupLayout.DataPath(key), [0]);
            if (i % 100 != 50)
            {
                await PlantAsync(store, BackupLayout.RecordPath(key), BackupJson.Write(BackupRecords.Record(key, empty)));
            }
        });

        var keys = (await ToListAsync(store.ListAsync("production", default))).Select(record => record.Key).ToList();

        Assert.Equal(Enumerable.Range(0, Many).Where(i => i % 100 != 50).Select(i => BackupRecords.Key("production", i)), keys);
        Assert.Equal(
            Enumerable.Range(0, Many).Where(i => i % 100 == 50).Select(i => BackupRecords.Key("production", i)),
            (await ToListAsync(store.ListOrphansAsync(null, default))).Select(orphan => orphan.Key));
    }
}
