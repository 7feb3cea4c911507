using System.Globalization;
using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Time.Testing;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.BackupStores;
using Xunit;

namespace TfeBackup.Azure.Tests;

/// <summary>
/// Immutability, tiers and tags. What Azurite lacks is answered as the REST reference of Get Blob Properties, Get Blob and Delete Blob says.
/// </summary>
public sealed class BlobProtectionTests : IAsyncLifetime
{
    private static readonly BackupKey Key = BackupRecords.Key("production", 1);
    private static readonly DateTimeOffset Until = new(2026, 12, 24, 18, 0, 0, TimeSpan.Zero);

    private readonly FaultyTransport _transport = new();
    private readonly FakeTimeProvider _time = new(Until.AddDays(-30));
    private BlobContainerClient _container = null!;

    public async Task InitializeAsync() => _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("backup.blob")]
    [InlineData("backup.json")]
    [InlineData("checks/20261122T041600000Z.json")]
    public async Task What_an_immutability_policy_keeps_is_refused_with_the_time_before_anything_is_removed(string name)
    {
        var store = await ConnectAsync();
        var record = await BackUpAsync(store);
        AnswerProperties(name, ("x-ms-immutability-policy-until-date", Until.ToString("R", CultureInfo.InvariantCulture)), ("x-ms-immutability-policy-mode", "locked"));

        var exception = await Assert.ThrowsAsync<OperationException>(() => store.DeleteAsync(Key, default));

        Assert.Equal(OperationError.Immutable, exception.Error);
        Assert.Contains($"{Key}/{name}: an immutability policy protects it until 2026-12-24 18:00:00Z", exception.Message, StringComparison.Ordinal);
        _transport.OnRequest = _ => null;
        Assert.Equal(record, await store.FindRecordAsync(Key, default));
        Assert.Equal(3, await CountAsync());
    }

    [Fact]
    public async Task What_it_kept_until_now_goes()
    {
        var store = await ConnectAsync();
        await BackUpAsync(store);
        AnswerProperties("backup.blob", ("x-ms-immutability-policy-until-date", Until.ToString("R", CultureInfo.InvariantCulture)), ("x-ms-immutability-policy-mode", "locked"));
        _time.SetUtcNow(Until);

        await store.DeleteAsync(Key, default);

        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task What_a_legal_hold_keeps_is_refused()
    {
        var store = await ConnectAsync();
        await BackUpAsync(store);
        AnswerProperties("backup.blob", ("x-ms-legal-hold", "true"));

        var exception = await Assert.ThrowsAsync<OperationException>(() => store.DeleteAsync(Key, default));

        Assert.Equal(OperationError.Immutable, exception.Error);
        Assert.Contains("legal hold", exception.Message, StringComparison.Ordinal);
        Assert.True((await store.FindDataAsync(Key, default))!.LegalHold);
    }

    [Fact]
    public async Task How_long_data_is_kept_is_known_without_reading_it()
    {
        var store = await ConnectAsync();
        await BackUpAsync(store);
        AnswerProperties("backup.blob", ("x-ms-immutability-policy-until-date", Until.ToString("R", CultureInfo.InvariantCulture)), ("x-ms-immutability-policy-mode", "unlocked"));

        Assert.Equal(Until, (await store.FindDataAsync(Key, default))!.ImmutableUntil);
    }

    [Fact]
    public async Task A_deletion_names_no_version_so_that_accounts_with_versions_keep_one()
    {
        var store = await ConnectAsync();
        await BackUpAsync(store);
        var deletions = new List<string>();
        _transport.OnRequest = message =>
        {
            if (message.Request.Method == RequestMethod.Delete)
            {
                deletions.Add(message.Request.Uri.Query);
            }

            return null;
        };

        await store.DeleteAsync(Key, default);

        Assert.Equal(3, deletions.Count);
        Assert.All(deletions, query => Assert.Equal("", query));
    }

    [Theory]
    [InlineData("Hot")]
    [InlineData("Cool")]
    [InlineData("Cold")]
    public async Task Data_is_put_into_the_tier_that_is_asked_for_and_records_are_not(string tier)
    {
        var store = await ConnectAsync(new BlobBackupStoreOptions { AccessTier = new AccessTier(tier) });
        var asked = new Dictionary<string, string>();
        _transport.OnRequest = message =>
        {
            if (message.Request.Method == RequestMethod.Put && message.Request.Headers.TryGetValue("x-ms-access-tier", out var value))
            {
                asked[message.Request.Uri.Query] = value!;
            }

            return null;
        };

        await BackUpAsync(store);

        Assert.Equal([new("?comp=blocklist", tier)], asked);
        Assert.Equal(tier, (await PropertiesAsync(BackupLayout.DataPath(Key))).AccessTier);
        Assert.True((await PropertiesAsync(BackupLayout.RecordPath(Key))).AccessTierInferred);
    }

    [Fact]
    public async Task Data_that_was_archived_is_not_read_but_the_command_told_that_brings_it_back()
    {
        var store = await ConnectAsync();
        var record = await BackUpAsync(store);
        var blob = _container.GetBlobClient(BackupLayout.DataPath(Key));
        await blob.SetAccessTierAsync(AccessTier.Archive);

        var exception = await Assert.ThrowsAsync<OperationException>(() => store.OpenDataAsync(Key, 0, null, default));

        Assert.Equal(OperationError.Refused, exception.Error);
        Assert.Contains($"Cannot read {blob.Uri}: it is in the Archive tier.", exception.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"'az storage blob set-tier --auth-mode login --blob-url {blob.Uri} --tier Hot --rehydrate-priority High'", exception.Message, StringComparison.Ordinal);
        // The record lies in another blob: what there is can still be listed.
        Assert.Equal(record, await store.FindRecordAsync(Key, default));

        await blob.SetAccessTierAsync(AccessTier.Hot);
        await using var stream = await store.OpenDataAsync(Key, 0, null, default);
        Assert.Equal(1, await stream.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task Data_on_its_way_back_is_not_asked_for_twice()
    {
        var store = await ConnectAsync();
        await BackUpAsync(store);
        AnswerProperties("backup.blob", ("x-ms-access-tier", "Archive"), ("x-ms-archive-status", "rehydrate-pending-to-hot"));

        var exception = await Assert.ThrowsAsync<OperationException>(() => store.OpenDataAsync(Key, 0, null, default));

        Assert.Equal(OperationError.Refused, exception.Error);
        Assert.Contains("being rehydrated from the Archive tier", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("set-tier", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_and_records_that_are_archived_meanwhile_say_so()
    {
        var store = await ConnectAsync();
        await BackUpAsync(store);
        await using var stream = await store.OpenDataAsync(Key, 0, null, default);
        await _container.GetBlobClient(BackupLayout.DataPath(Key)).SetAccessTierAsync(AccessTier.Archive);
        await _container.GetBlobClient(BackupLayout.RecordPath(Key)).SetAccessTierAsync(AccessTier.Archive);

        var reading = await Assert.ThrowsAsync<OperationException>(() => stream.ReadAsync(new byte[1]).AsTask());
        var finding = await Assert.ThrowsAsync<OperationException>(() => store.FindRecordAsync(Key, default));

        Assert.All([reading, finding], exception => Assert.Contains("Archive tier", exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tags_find_published_backups()
    {
        var store = await ConnectAsync(new BlobBackupStoreOptions { IndexTags = true });
        await BackUpAsync(store);
        var service = new BlobServiceClient((await AzuriteServer.SharedAsync()).ConnectionString);

        var found = new List<string>();
        await foreach (var blob in service.FindBlobsByTagsAsync(
            $"@container='{_container.Name}' AND \"installation\"='production' AND \"purpose\"='Scheduled' AND \"published\">='2026-11-22'"))
        {
            found.Add(blob.BlobName);
        }

        Assert.Equal([BackupLayout.RecordPath(Key)], found);
        Assert.Equal(
            new Dictionary<string, string> { ["installation"] = "production", ["id"] = Key.Id, ["content"] = "data" },
            (await _container.GetBlobClient(BackupLayout.DataPath(Key)).GetTagsAsync()).Value.Tags);
        Assert.Equal(
            new Dictionary<string, string> { ["installation"] = "production", ["id"] = Key.Id, ["content"] = "record", ["purpose"] = "Scheduled", ["published"] = "2026-11-22T03:17:00Z" },
            (await _container.GetBlobClient(BackupLayout.RecordPath(Key)).GetTagsAsync()).Value.Tags);
    }

    [Fact]
    public async Task Without_being_asked_for_no_tags_are_written()
    {
        var tagged = false;
        _transport.OnRequest = message =>
        {
            tagged |= message.Request.Headers.TryGetValue("x-ms-tags", out _);
            return null;
        };

        await BackUpAsync(await ConnectAsync());

        Assert.False(tagged);
    }

    private async Task<BlobBackupStore> ConnectAsync(BlobBackupStoreOptions? options = null)
    {
        var server = await AzuriteServer.SharedAsync();
        return new BlobBackupStore(_transport.Connect(_container, server.ConnectionString), BlobBackupStoreTests.SmallBlocks, _time, options);
    }

    private static async Task<BackupRecord> BackUpAsync(BlobBackupStore store)
    {
        await using var upload = await store.BeginUploadAsync(Key, default);
        var content = await upload.WriteAsync(new TestStream(1_000), null, default);
        await upload.CommitAsync(default);
        var record = BackupRecords.Record(Key, content);
        await store.PublishAsync(record, default);
        await store.AddCheckAsync(Key, BackupRecords.Check(1), default);
        return record;
    }

    /// <summary>Answers Get Blob Properties of one blob with more than the emulator would.</summary>
    private void AnswerProperties(string name, params (string Name, string Value)[] more) => _transport.OnRequest = message =>
    {
        if (message.Request.Method != RequestMethod.Head || !message.Request.Uri.Path.EndsWith($"{Key}/{name}", StringComparison.Ordinal))
        {
            return null;
        }

        var headers = new Dictionary<string, string>
        {
            ["Content-Length"] = "1000",
            ["ETag"] = "\"0x8D4BCC2E4835CD0\"",
            ["Last-Modified"] = "Sun, 22 Nov 2026 03:15:00 GMT",
            ["x-ms-blob-type"] = "BlockBlob",
        };
        foreach (var header in more.Where(header => header.Value.Length > 0))
        {
            headers[header.Name] = header.Value;
        }

        return new FaultyTransport.Fault(200, "") { Headers = headers };
    };

    private async Task<BlobProperties> PropertiesAsync(string path) => await _container.GetBlobClient(path).GetPropertiesAsync();

    private async Task<int> CountAsync()
    {
        var count = 0;
        await foreach (var _ in _container.GetBlobsAsync())
        {
            count++;
        }

        return count;
    }
}
