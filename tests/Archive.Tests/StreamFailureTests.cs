using TfeBackup.Archive.Buffers;
using Xunit;

namespace TfeBackup.Archive.Tests;

/// <summary>A broken connection or a full disk is not a damaged backup: its exception comes through as it is.</summary>
public sealed class StreamFailureTests
{
    [Fact]
    public async Task A_source_that_fails_is_reported_unchanged_wherever_it_fails()
    {
        var file = await LargeAsync();
        foreach (var length in new[] { 0, 10, 100, 200, 70_000, 600_000, file.Length - 1, file.Length })
        {
            var failure = new IOException("the connection broke");
            Exception e = await Assert.ThrowsAsync<IOException>(() => ArchiveVerifier.VerifyAsync(
                new FailingStream(file.AsMemory(0, length), failure), Samples.Password, null, default));
            Assert.Same(failure, e);
        }
    }

    [Fact]
    public async Task A_destination_that_fails_is_reported_unchanged()
    {
        foreach (var room in new[] { 0, 100, 300, 70_000, 1_000_000 })
        {
            var failure = new IOException("the disk is full");
            Exception e = await Assert.ThrowsAsync<IOException>(() => WriteLargeAsync(new FullStream(room, failure)));
            Assert.Same(failure, e);
        }
    }

    [Fact]
    public async Task An_object_that_cannot_be_read_is_reported_unchanged_and_makes_no_backup()
    {
        var file = new MemoryStream();
        var failure = new IOException("the object store does not answer");
        await using (var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info, Samples.Cheap, default))
        {
            await writer.WriteSchemaAsync(default, default);
            await writer.WriteSequencesAsync(default, default);
            Exception e = await Assert.ThrowsAsync<IOException>(() => writer.WriteObjectAsync(
                new ArchiveObject("a", 100), new FailingStream(new byte[50], failure), default));
            Assert.Same(failure, e);
            await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CompleteAsync(default));
        }

        await Assert.ThrowsAsync<ArchiveException>(() => Samples.VerifyAsync(file.ToArray()));
    }

    [Fact]
    public async Task A_read_that_is_cancelled_ends_although_the_source_never_answers()
    {
        var file = await LargeAsync();
        using var cancellation = new CancellationTokenSource();
        await using var reader = await ArchiveReader.OpenAsync(
            new FailingStream(file.AsMemory(0, 7_000_000), null), Samples.Password, new ArchiveReaderOptions { Parallelism = 1 }, default);
        var read = Task.Run(async () =>
        {
            while (await reader.ReadAsync(cancellation.Token) is not null)
            {
            }
        });
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task The_content_of_an_entry_ends_with_the_entry()
    {
        await using var reader = await ArchiveReader.OpenAsync(
            new MemoryStream(await Samples.CreateAsync()), Samples.Password, null, default);
        var first = (await reader.ReadAsync(default))!;
        await reader.ReadAsync(default);

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await first.Content.ReadExactlyAsync(new byte[1]));
        Assert.Throws<InvalidOperationException>(() => reader.Summary);
    }

    private static async Task<byte[]> LargeAsync()
    {
        var file = new MemoryStream();
        await WriteLargeAsync(file);
        return file.ToArray();
    }

    private static async Task WriteLargeAsync(Stream file)
    {
        await using var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info, Samples.Cheap, default);
        await writer.WriteSchemaAsync(default, default);
        await writer.WriteSequencesAsync(default, default);
        for (var i = 0; i < 4; i++)
        {
            await Samples.WriteObjectAsync(writer, new ArchiveObject($"noise/{i}", 3_000_000), Samples.Random(3_000_000, i));
        }

        await writer.CompleteAsync(default);
    }

    /// <summary>Gives what it has, then fails, or never answers again.</summary>
    private sealed class FailingStream(ReadOnlyMemory<byte> content, Exception? failure) : PipelineStream
    {
        private ReadOnlyMemory<byte> _rest = content;

        public override bool CanRead => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_rest.IsEmpty && failure is not null)
            {
                throw failure;
            }

            if (_rest.IsEmpty)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            var count = Math.Min(buffer.Length, _rest.Length);
            _rest[..count].CopyTo(buffer);
            _rest = _rest[count..];
            return count;
        }
    }

    private sealed class FullStream(long room, Exception failure) : PipelineStream
    {
        private long _rest = room;

        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _rest -= buffer.Length;
            return _rest < 0 ? ValueTask.FromException(failure) : ValueTask.CompletedTask;
        }
    }
}
