using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using TfeBackup.Archive.Buffers;
using TfeBackup.Engine.Objects;
using TfeBackup.TestSupport.ObjectStores;
using Xunit;

namespace TfeBackup.Engine.Tests.Objects;

public sealed class AzureBlobObjectStoreTests : IAsyncLifetime
{
    private AzureBlobFixture _fixture = null!;

    public async Task InitializeAsync() => _fixture = await AzureBlobFixture.CreateAsync();

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task Content_type_headers_and_metadata_survive()
    {
        ObjectHeader header = new("a/b", 3)
        {
            ContentType = "application/vnd.terraform",
            Metadata = new Dictionary<string, string> { ["Run_Id"] = "run-1", ["Content-Encoding"] = "gzip", ["Cache-Control"] = "no-store" },
        };
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await staging.AddAsync(header, new MemoryStream([1, 2, 3]), default);
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);

        BlobProperties properties = await _fixture.Container.GetBlobClient("a/b").GetPropertiesAsync();
        Assert.Equal(("application/vnd.terraform", "gzip", "no-store"), (properties.ContentType, properties.ContentEncoding, properties.CacheControl));
        await using var opened = await _fixture.Open().OpenAsync("a/b", default);
        Assert.Equal(header.ContentType, opened!.Header.ContentType);
        Assert.Equal(header.Metadata.OrderBy(m => m.Key), opened.Header.Metadata.OrderBy(m => m.Key));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("versions", null)]
    [InlineData("deleted", "does not list deleted blobs (FeatureNotSupported)")]
    public async Task Deleted_blobs_and_earlier_versions_are_listed_where_the_account_keeps_them_and_they_are_young(string? unknown, string? gap)
    {
        await _fixture.PutAsync("b", "b"u8.ToArray());
        var policy = new SoftDeletePolicy { Unknown = unknown };
        using var watch = _fixture.OpenWith(policy).Watch();
        Assert.Equal(["b"], await watch.ListBeforeAsync(default).Select(info => info.Key).ToListAsync());
        var now = DateTimeOffset.UtcNow;
        policy.Add("a", now);
        policy.Add("b", now);
        policy.AddVersion("b", now);
        policy.AddVersion("c", now);
        policy.Add("old", now.AddMinutes(-5));
        policy.AddVersion("older", now.AddDays(-5));
        watch.AwaitMoment();

        var after = await watch.ListAfterAsync(default).ToListAsync();

        Assert.Equal(gap is null ? ["a", "b", "c"] : ["b"], after.Select(info => info.Key));
        Assert.Equal(1, after.Single(info => info.Key == "b").Length);
        Assert.Equal(gap is not null, watch.Gap?.Contains(gap!, StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public async Task Append_and_page_blobs_are_read_as_the_bytes_they_hold()
    {
        var append = _fixture.Container.GetAppendBlobClient("append");
        await append.CreateAsync();
        await append.AppendBlockAsync(new MemoryStream([1, 2]));
        await append.AppendBlockAsync(new MemoryStream([3]));
        var page = _fixture.Container.GetPageBlobClient("page");
        await page.CreateAsync(512);
        var content = await ObjectSet.ReadAsync(_fixture.Open());
        Assert.Equal("\u0001\u0002\u0003", content["append"]);
        Assert.Equal(new string('\0', 512), content["page"]);
    }

    [Fact]
    public async Task Directory_markers_and_snapshots_are_no_objects()
    {
        await _fixture.PutAsync("dir/object", new byte[] { 1 });
        await _fixture.Container.GetBlobClient("dir/object").CreateSnapshotAsync();
        await _fixture.Container.GetBlobClient("dir").UploadAsync(
            BinaryData.FromString(""), new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["hdi_isfolder"] = "true" } });
        Assert.Equal("dir/object", Assert.Single(await ObjectSet.ReadAsync(_fixture.Open())).Key);

        await _fixture.PutAsync("not-only-a-marker", new byte[] { 1 });
        await _fixture.Container.GetBlobClient("not-only-a-marker").SetMetadataAsync(new Dictionary<string, string> { ["hdi_isfolder"] = "true" });
        Assert.Equal(2, (await ObjectSet.ReadAsync(_fixture.Open())).Count);
    }

    [Fact]
    public async Task Stale_blobs_with_snapshots_can_be_deleted()
    {
        await _fixture.PutAsync("stale", new byte[] { 1 });
        await _fixture.Container.GetBlobClient("stale").CreateSnapshotAsync();
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Empty(await _fixture.ListEverythingAsync());
    }

    [Theory]
    [InlineData("ends with a dot.")]
    [InlineData("a./b")]
    [InlineData("back\\slash")]
    [InlineData("new\nline")]
    [InlineData("del\u007f")]
    public async Task A_name_that_services_may_rewrite_survives_or_is_refused_while_it_is_staged(string key)
    {
        Dictionary<string, string> objects = new() { [key] = "content" };
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        try
        {
            await ObjectSet.AddAsync(staging, objects);
        }
        catch (EngineException e)
        {
            Assert.Equal(EngineError.Unsupported, e.Error);
            Assert.Contains(ObjectKey.Quote(key), e.Message, StringComparison.Ordinal);
            return;
        }

        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Equal(objects, await ObjectSet.ReadAsync(_fixture.Open()));
    }

    [Fact]
    public async Task A_name_longer_than_blobs_have_is_refused_while_it_is_staged()
    {
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        var failure = await Assert.ThrowsAsync<EngineException>(() => staging.AddAsync(new ObjectHeader(new string('x', 1025), 0), Stream.Null, default));
        Assert.Equal(EngineError.Unsupported, failure.Error);
    }

    [Theory]
    [InlineData("a//b")]
    [InlineData("dir/")]
    [InlineData("/leading")]
    [InlineData("a/./b")]
    [InlineData("a/../b")]
    public async Task Every_name_that_a_blob_can_have_is_carried(string key)
    {
        Dictionary<string, string> objects = new() { ["a/b"] = "another", ["b"] = "another", [key] = "content" };
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await ObjectSet.AddAsync(staging, objects);
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Equal(objects.OrderBy(o => o.Key, ObjectKey.Order), await ObjectSet.ReadAsync(_fixture.Open()));
    }

    [Fact]
    public async Task A_leased_blob_stops_a_restore_whenever_it_was_leased_before_the_commit()
    {
        await _fixture.PutAsync("states/1", new byte[] { 1 });
        await using (var staging = await _fixture.Open().CreateStagingAsync("s", default))
        {
            await staging.CheckPromotableAsync(default);
            await _fixture.Container.GetBlobClient("states/1").GetBlobLeaseClient().AcquireAsync(TimeSpan.FromSeconds(-1));
            var late = await Assert.ThrowsAsync<EngineException>(() => staging.CheckPromotableAsync(default));
            Assert.Contains("'states/1' is leased", late.Message, StringComparison.Ordinal);
            await staging.DiscardAsync(default);
        }

        var failure = await Assert.ThrowsAsync<EngineException>(() => _fixture.Open().CreateStagingAsync("t", default));
        Assert.Equal(EngineError.Unsupported, failure.Error);
        Assert.Contains("'states/1' is leased", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["states/1"], await _fixture.ListEverythingAsync());
    }

    [Fact]
    public async Task What_is_in_the_archive_tier_cannot_be_backed_up_and_can_be_restored_over()
    {
        await _fixture.PutAsync("states/1", new byte[] { 1 });
        await _fixture.PutAsync("states/2", new byte[] { 2 });
        await _fixture.Container.GetBlobClient("states/2").SetAccessTierAsync(AccessTier.Archive);
        var failure = await Assert.ThrowsAsync<EngineException>(() => ObjectListing.CheckAsync(_fixture.Open(), static _ => { }, default));
        Assert.Contains("'states/2' is in the archive tier", failure.Message, StringComparison.Ordinal);

        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await ObjectSet.AddAsync(staging, new Dictionary<string, string> { ["states/2"] = "restored" });
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Equal([new("states/2", "restored")], await ObjectSet.ReadAsync(_fixture.Open()));
    }

    [Fact]
    public async Task A_missing_container_is_said_to_be_missing()
    {
        await _fixture.Container.DeleteAsync();
        var failure = await Assert.ThrowsAsync<EngineException>(() => _fixture.Open().CheckAsync(default));
        Assert.Equal(EngineError.Unavailable, failure.Error);
        Assert.Contains("does not exist; create it", failure.Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", (await Assert.ThrowsAsync<EngineException>(() => _fixture.Open().OpenAsync("a", default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_credentials_are_said_to_be_wrong()
    {
        BlobContainerClient stranger = new(
            _fixture.Container.Uri, new Azure.Storage.StorageSharedKeyCredential(_fixture.Container.AccountName, Convert.ToBase64String(new byte[64])));
        var failure = await Assert.ThrowsAsync<EngineException>(() => new AzureBlobObjectStore(stranger).CheckAsync(default));
        Assert.Equal(EngineError.Unavailable, failure.Error);
        Assert.Contains("credentials", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broken_download_goes_on_where_it_broke_unless_the_blob_has_changed(bool changed)
    {
        var before = new byte[8 << 20];
        Random.Shared.NextBytes(before);
        await _fixture.PutAsync("blob", before);
        BreakingPolicy policy = new(
            breakAfter: 1 << 20,
            meanwhile: async () =>
            {
                if (changed)
                {
                    await _fixture.PutAsync("blob", new byte[8 << 20]);
                }
            });
        await using var content = await _fixture.OpenWith(policy).OpenAsync("blob", default);
        using MemoryStream read = new();
        if (changed)
        {
            var failure = await Assert.ThrowsAsync<EngineException>(() => content!.Stream.CopyToAsync(read));
            Assert.Equal(EngineError.CorruptSource, failure.Error);
            Assert.Contains("'blob'", failure.Message, StringComparison.Ordinal);
        }
        else
        {
            await content!.Stream.CopyToAsync(read);
            Assert.Equal(before, read.ToArray());
        }

        Assert.True(policy.Broke);
    }

    [Fact]
    public async Task Large_objects_are_staged_in_blocks()
    {
        var content = new byte[(20 << 20) + 7];
        Random.Shared.NextBytes(content);
        await using var staging = await _fixture.Open().CreateStagingAsync("s", default);
        await staging.AddAsync(new ObjectHeader("large", content.Length), new MemoryStream(content), default);
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        await using var opened = await _fixture.Open().OpenAsync("large", default);
        using MemoryStream read = new();
        await opened!.Stream.CopyToAsync(read);
        Assert.Equal(content, read.ToArray());
    }

    [Fact]
    public async Task A_refused_upload_in_the_background_fails_the_staging()
    {
        RefusingPolicy policy = new("objects/000000000002");
        await using var staging = await _fixture.OpenWith(policy).CreateStagingAsync("s", default);
        var failure = await Assert.ThrowsAsync<EngineException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await staging.AddAsync(new ObjectHeader($"{i:D3}", 1), new MemoryStream([1]), default);
            }

            await staging.SealAsync("t", default);
        });
        Assert.Contains("'002'", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => staging.PromoteAsync(default));
        await staging.DiscardAsync(default);
        Assert.Empty(await _fixture.ListEverythingAsync());
    }

    /// <summary>Breaks the first download off after some bytes.</summary>
    private sealed class BreakingPolicy(int breakAfter, Func<Task> meanwhile) : HttpPipelinePolicy
    {
        public bool Broke { get; private set; }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (!Broke && message.Request.Method == RequestMethod.Get && message.Response.ContentStream is { } content)
            {
                Broke = true;
                await meanwhile();
                message.Response.ContentStream = new BreakingStream(content, breakAfter);
            }
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);
    }

    private sealed class RefusingPolicy(string path) : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Method == RequestMethod.Put && message.Request.Uri.Path.Contains(path, StringComparison.Ordinal))
            {
                throw new RequestFailedException(403, "no", "AuthorizationPermissionMismatch", null);
            }
        }
    }

    private sealed class BreakingStream(Stream inner, int left) : ReadStream
    {
        private int _left = left;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0)
            {
                throw new IOException(BrokenStream.Message);
            }

            var count = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
