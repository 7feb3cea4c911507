using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.BackupStores;
using Xunit;

namespace TfeBackup.Azure.Tests;

public sealed class BlobBackupStoreFaultTests : IAsyncLifetime
{
    private const int Length = 2_000_000;

    private static readonly BackupKey Key = BackupRecords.Key("production", 1);

    private readonly FaultyTransport _transport = new();
    private BlobContainerClient _container = null!;
    private BlobBackupStore _store = null!;

    public async Task InitializeAsync()
    {
        var server = await AzuriteServer.SharedAsync();
        _container = await server.CreateContainerAsync();
        _store = new BlobBackupStore(_transport.Connect(_container, server.ConnectionString), BlobBackupStoreTests.SmallBlocks);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_store_that_throttles_is_asked_again()
    {
        // Every block once: several are on their way at the same time, and counting them together might refuse one again and again.
        var refused = new ConcurrentDictionary<string, bool>();
        _transport.OnRequest = message => FaultyTransport.IsBlock(message) && refused.TryAdd(message.Request.Uri.Query, true)
            ? new FaultyTransport.Fault(503, "ServerBusy")
            : null;

        await WriteAsync(Length);

        Assert.True(refused.Count > 3);
        Assert.Equal(TestStream.Content(Length), await ReadAsync());
    }

    [Theory]
    [InlineData(503, "ServerBusy", OperationError.Unavailable)]
    [InlineData(500, "InternalError", OperationError.Unavailable)]
    [InlineData(403, "AuthorizationPermissionMismatch", OperationError.Refused)]
    [InlineData(404, "ContainerNotFound", OperationError.InvalidConfiguration)]
    public async Task A_store_that_refuses_blocks_fails_the_upload_with_its_reason_and_stops_reading_the_source(
        int status, string code, OperationError expected)
    {
        _transport.OnRequest = message => FaultyTransport.IsBlock(message) ? new FaultyTransport.Fault(status, code) : null;
        await using var upload = await _store.BeginUploadAsync(Key, default);
        var endless = new TestStream(long.MaxValue);

        var exception = await Assert.ThrowsAsync<OperationException>(() => upload.WriteAsync(endless, null, default));

        Assert.Equal(expected, exception.Error);
        Assert.Contains(code, exception.Message, StringComparison.Ordinal);
        Assert.Contains(Key.ToString(), exception.Message, StringComparison.Ordinal);
        _transport.OnRequest = _ => null;
        Assert.Null(await _store.FindDataAsync(Key, default));
    }

    [Fact]
    public async Task A_store_that_fails_at_commit_has_no_data()
    {
        _transport.OnRequest = message => FaultyTransport.IsCommit(message) ? new FaultyTransport.Fault(500, "InternalError") : null;
        await using var upload = await _store.BeginUploadAsync(Key, default);
        await upload.WriteAsync(new TestStream(Length), null, default);

        Assert.Equal(OperationError.Unavailable, (await Assert.ThrowsAsync<OperationException>(() => upload.CommitAsync(default))).Error);

        Assert.Null(await _store.FindDataAsync(Key, default));
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_recognised_as_ones_own()
    {
        var lost = 0;
        _transport.LosesAnswer = message => FaultyTransport.IsCommit(message) && Interlocked.Increment(ref lost) == 1;

        await WriteAsync(Length);

        Assert.Equal(2, lost);
        Assert.Equal(TestStream.Content(Length), await ReadAsync());
    }

    [Fact]
    public async Task A_record_whose_answer_was_lost_is_recognised_as_ones_own()
    {
        var record = BackupRecords.Record(Key, await WriteAsync(10));
        var lost = 0;
        _transport.LosesAnswer = message => message.Request.Uri.Path.EndsWith(BackupLayout.RecordName, StringComparison.Ordinal)
            && message.Request.Method == global::Azure.Core.RequestMethod.Put && Interlocked.Increment(ref lost) == 1;

        await _store.PublishAsync(record, default);

        Assert.Equal(2, lost);
        Assert.Equal(record, await _store.FindRecordAsync(Key, default));
    }

    [Fact]
    public async Task Reads_survive_connections_that_break()
    {
        await WriteAsync(Length);
        var reads = 0;
        _transport.LosesAnswer = message => message.Request.Method == global::Azure.Core.RequestMethod.Get && Interlocked.Increment(ref reads) % 2 == 1;

        Assert.Equal(TestStream.Content(Length), await ReadAsync());
        Assert.True(reads > 2);
    }

    [Fact]
    public async Task A_blob_that_is_replaced_while_it_is_read_is_corrupt()
    {
        await WriteAsync(Length);
        await using var stream = await _store.OpenDataAsync(Key, 0, null, default);
        await _container.GetBlobClient(BackupLayout.DataPath(Key)).UploadAsync(BinaryData.FromBytes(new byte[Length]), overwrite: true);

        var exception = await Assert.ThrowsAsync<OperationException>(() => stream.ReadAsync(new byte[10]).AsTask());

        Assert.Equal(OperationError.Corrupt, exception.Error);
    }

    [Fact]
    public async Task Any_place_of_a_stream_can_be_sought()
    {
        await WriteAsync(Length);
        var content = TestStream.Content(Length);
        await using var stream = await _store.OpenDataAsync(Key, 1_000, null, default);
        var random = new Random(1);
        var buffer = new byte[10_000];

        Assert.Equal(Length - 1_000, stream.Length);
        for (var i = 0; i < 50; i++)
        {
            var position = random.Next(Length - 1_000 - buffer.Length);
            stream.Position = position;
            await stream.ReadExactlyAsync(buffer);
            Assert.True(content.AsSpan(position + 1_000, buffer.Length).SequenceEqual(buffer));
        }

        stream.Seek(0, SeekOrigin.End);
        Assert.Equal(0, await stream.ReadAsync(buffer));
    }

    [Fact]
    public async Task Reading_a_little_asks_for_little()
    {
        await WriteAsync(Length);
        var asked = 0L;
        await using var stream = await _store.OpenDataAsync(Key, Length - 100, null, default);
        _transport.OnRequest = message =>
        {
            message.Request.Headers.TryGetValue("x-ms-range", out var range);
            var bounds = range!["bytes=".Length..].Split('-').Select(long.Parse).ToArray();
            Interlocked.Add(ref asked, bounds[1] - bounds[0] + 1);
            return null;
        };

        await stream.ReadExactlyAsync(new byte[100]);

        Assert.Equal(100, asked);
    }

    [Fact]
    public async Task A_store_that_is_slow_holds_the_source_back()
    {
        var opened = new TaskCompletionSource();
        var blocked = 0;
        _transport.Before = message =>
        {
            if (!FaultyTransport.IsBlock(message))
            {
                return Task.CompletedTask;
            }

            Interlocked.Increment(ref blocked);
            return opened.Task;
        };
        await using var upload = await _store.BeginUploadAsync(Key, default);
        var source = new TestStream(Length);

        var writing = upload.WriteAsync(source, null, default);
        await WaitFor.ConditionAsync(() => blocked == 5, "the memory's blocks to be on their way", TimeSpan.FromSeconds(30));
        var taken = source.BytesRead;
        opened.SetResult();
        await writing;

        // Eight segments: four blocks of one each, and one of four.
        Assert.InRange(taken, 1, 8 * (128 << 10));
    }

    [Theory]
    [InlineData(409, "BlobImmutableDueToPolicy", OperationError.Immutable)]
    [InlineData(403, "AuthorizationPermissionMismatch", OperationError.Refused)]
    public async Task A_store_that_protects_a_backup_says_so_when_it_is_to_be_deleted(int status, string code, OperationError expected)
    {
        var record = BackupRecords.Record(Key, await WriteAsync(10));
        await _store.PublishAsync(record, default);
        _transport.OnRequest = message =>
            message.Request.Method == global::Azure.Core.RequestMethod.Delete ? new FaultyTransport.Fault(status, code) : null;

        var exception = await Assert.ThrowsAsync<OperationException>(() => _store.DeleteAsync(Key, default));

        Assert.Equal(expected, exception.Error);
        Assert.Equal(record, await _store.FindRecordAsync(Key, default));
    }

    [Fact]
    public async Task Blocks_of_an_upload_that_died_are_removed_although_the_service_cannot_delete_them()
    {
        await using (var upload = await _store.BeginUploadAsync(Key, default))
        {
            await upload.WriteAsync(new TestStream(Length), null, default);
        }

        // Azurite deletes uncommitted blobs, the service says that there is none.
        var deletions = 0;
        _transport.OnRequest = message => message.Request.Method == global::Azure.Core.RequestMethod.Delete && Interlocked.Increment(ref deletions) < 3
            ? new FaultyTransport.Fault(404, "BlobNotFound")
            : null;

        await _store.DeleteAsync(Key, default);

        Assert.Equal(3, deletions);
        await foreach (var blob in _container.GetBlobsAsync(new GetBlobsOptions { States = BlobStates.Uncommitted }))
        {
            Assert.Fail($"{blob.Name} is still there.");
        }
    }

    [Fact]
    public async Task Names_and_metadata_hold_only_what_identifies_the_upload()
    {
        var content = await WriteAsync(10);

        var metadata = (await _container.GetBlobClient(BackupLayout.DataPath(Key)).GetPropertiesAsync()).Value.Metadata;

        Assert.Equal(["sha256", "upload"], metadata.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(content.Sha256, metadata["sha256"]);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        await using var server = await AzuriteServer.StartAsync();
        var container = await server.CreateContainerAsync();
        var store = new BlobBackupStore(new FaultyTransport().Connect(container, server.ConnectionString));
        await server.StopAsync();

        var exception = await Assert.ThrowsAsync<OperationException>(() => store.CheckAsync(default));

        Assert.Equal(OperationError.Unavailable, exception.Error);
        Assert.Contains(container.Name, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shared_access_signature_appears_in_no_description()
    {
        var server = await AzuriteServer.SharedAsync();
        var signed = new BlobContainerClient(server.ConnectionString, _container.Name)
            .GenerateSasUri(global::Azure.Storage.Sas.BlobContainerSasPermissions.List, DateTimeOffset.UtcNow.AddHours(1));
        var store = new BlobBackupStore(new BlobContainerClient(signed));

        Assert.DoesNotContain("sig", store.Description, StringComparison.Ordinal);
        var exception = await Assert.ThrowsAsync<OperationException>(() => store.BeginUploadAsync(Key, default));
        Assert.DoesNotContain("sig=", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0c2VjcmV0!!")]
    public void A_connection_string_that_is_none_is_refused_without_being_quoted(string connectionString)
    {
        var exception = Assert.Throws<OperationException>(() => BlobContainers.FromConnectionString(connectionString, "backups"));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.DoesNotContain("c2VjcmV0", exception.ToString(), StringComparison.Ordinal);
    }

    private async Task<BackupContent> WriteAsync(long length)
    {
        await using var upload = await _store.BeginUploadAsync(Key, default);
        var content = await upload.WriteAsync(new TestStream(length), null, default);
        await upload.CommitAsync(default);
        return content;
    }

    private async Task<byte[]> ReadAsync()
    {
        await using var stream = await _store.OpenDataAsync(Key, 0, null, default);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content);
        return content.ToArray();
    }
}
