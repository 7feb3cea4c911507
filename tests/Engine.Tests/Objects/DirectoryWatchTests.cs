using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Objects.FileSystem;
using Xunit;

namespace TfeBackup.Engine.Tests.Objects;

/// <summary>What <see cref="DirectoryWatch"/> takes for an object of a moment, and what not.</summary>
public sealed class DirectoryWatchTests : IAsyncLifetime
{
    private readonly DirectoryFixture _fixture = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task What_was_gone_before_the_moment_is_no_part_of_it()
    {
        await _fixture.PutAsync("d/there", "x"u8.ToArray());
        using var watch = _fixture.Open().Watch();
        await watch.ListBeforeAsync(default).ToListAsync();
        await _fixture.PutAsync("d/draft", "x"u8.ToArray());
        File.Move(Path.Join(_fixture.Root, "d/draft"), Path.Join(_fixture.Root, "d/final"));
        await _fixture.PutAsync("d/gone", "x"u8.ToArray());
        await _fixture.DeleteAsync("d/gone");
        await _fixture.PutAsync("d/back", "x"u8.ToArray());
        await _fixture.DeleteAsync("d/back");
        await _fixture.PutAsync("d/back", "x"u8.ToArray());
        watch.AwaitMoment();
        await _fixture.DeleteAsync("d/back");
        await _fixture.DeleteAsync("d/final");
        Assert.Equal(["d/back", "d/final", "d/there"], await watch.ListAfterAsync(default).Select(info => info.Key).ToListAsync());
    }

    [Fact]
    public async Task Directories_may_come_be_renamed_and_go()
    {
        await _fixture.PutAsync("old/x/1", "x"u8.ToArray());
        using var watch = _fixture.Open().Watch();
        await watch.ListBeforeAsync(default).ToListAsync();
        Directory.Move(Path.Join(_fixture.Root, "old"), Path.Join(_fixture.Root, "renamed"));
        watch.AwaitMoment();
        await _fixture.PutAsync("renamed/x/2", "x"u8.ToArray());
        Directory.CreateDirectory(Path.Join(_fixture.Root, "empty"));
        watch.AwaitMoment();
        Directory.Delete(Path.Join(_fixture.Root, "renamed"), recursive: true);
        Directory.Delete(Path.Join(_fixture.Root, "empty"));
        Assert.Equal(["renamed/x/1", "renamed/x/2"], await watch.ListAfterAsync(default).Select(info => info.Key).ToListAsync());
        Assert.Null(watch.Gap);
    }

    [Fact]
    public async Task What_is_left_out_is_not_watched()
    {
        await _fixture.PutAsync("kept", "x"u8.ToArray());
        await _fixture.PutAsync("cache/1", "x"u8.ToArray());
        using var watch = _fixture.OpenExcluding("cache/", "one").Watch();
        await watch.ListBeforeAsync(default).ToListAsync();
        foreach (var key in (string[])["cache/2", "cache/new/3", "one", ".tfe-backup/r/4", "other"])
        {
            await _fixture.PutAsync(key, "x"u8.ToArray());
        }

        watch.AwaitMoment();
        Directory.Delete(Path.Join(_fixture.Root, "cache"), recursive: true);
        Directory.Delete(Path.Join(_fixture.Root, ".tfe-backup"), recursive: true);
        await _fixture.DeleteAsync("one");
        await _fixture.DeleteAsync("other");
        Assert.Equal(["kept", "other"], await watch.ListAfterAsync(default).Select(info => info.Key).ToListAsync());
    }

    [Fact]
    public async Task Where_there_are_too_many_directories_it_says_so()
    {
        await _fixture.PutAsync("a/b/c", "x"u8.ToArray());
        using var watch = new DirectoryWatch(_fixture.Root, new ObjectExclusions([]), ListAsync, mostDirectories: 2);
        await watch.ListBeforeAsync(default).ToListAsync();
        Assert.Contains("more than 2 directories", watch.Gap, StringComparison.Ordinal);
        Assert.Equal(["a/b/c"], await watch.ListAfterAsync(default).Select(info => info.Key).ToListAsync());

        IAsyncEnumerable<ObjectInfo> ListAsync(Action<string, string>? entering, CancellationToken cancellationToken) => DirectoryWalk
            .Walk(_fixture.Root, "the directory", new ObjectExclusions([]), cancellationToken, entering)
            .Select(walked => walked.Info)
            .ToAsyncEnumerable();
    }
}
