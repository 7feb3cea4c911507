using TfeBackup.Archive.Buffers;
using TfeBackup.Engine.Objects;
using Xunit;

namespace TfeBackup.Engine.Tests.Objects;

public sealed class ObjectListingTests : IAsyncLifetime
{
    private readonly DirectoryFixture _fixture = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task A_listing_that_does_not_fit_into_memory_keeps_its_order_and_two_make_one()
    {
        Directory.CreateDirectory(Path.Join(_fixture.Root, "d"));
        for (var i = 0; i < 45_000; i++)
        {
            File.Create(Path.Join(_fixture.Root, "d", $"{i:D5}")).Dispose();
        }

        using var before = await TakeAsync(_fixture.Open());
        File.Delete(Path.Join(_fixture.Root, "d", "00000"));
        File.Delete(Path.Join(_fixture.Root, "d", "30000"));
        await _fixture.PutAsync("d/new", "x"u8.ToArray());
        using var after = await TakeAsync(_fixture.Open());

        var expected = Enumerable.Range(0, 45_000).Select(i => $"d/{i:D5}").ToList();
        Assert.Equal(expected, await before.ReadAsync().Select(info => info.Key).ToListAsync());
        Assert.Equal(expected.Append("d/new"), await ObjectListing.UnionAsync(before, after).Select(info => info.Key).ToListAsync());
        Assert.Equal(expected.Append("d/new"), await ObjectListing.UnionAsync(after, before).Select(info => info.Key).ToListAsync());
    }

    [Fact]
    public async Task What_cannot_be_carried_stops_it_at_once_and_all_by_name()
    {
        await _fixture.PutAsync("a/object", "x"u8.ToArray());
        for (var i = 0; i < 12; i++)
        {
            File.CreateSymbolicLink(Path.Join(_fixture.Root, "a", $"link-{i:D2}"), "/nowhere");
        }

        var failure = await Assert.ThrowsAsync<EngineException>(() => TakeAsync(_fixture.Open()));
        Assert.Equal(EngineError.Unsupported, failure.Error);
        Assert.Contains("'a/link-00'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'a/link-09'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("and 2 more", failure.Message, StringComparison.Ordinal);
        await ObjectListing.CheckAsync(_fixture.OpenExcluding([.. Enumerable.Range(0, 12).Select(i => $"a/link-{i:D2}")]), static _ => { }, default);
    }

    [Fact]
    public async Task A_name_to_leave_out_that_nothing_has_is_an_error()
    {
        await _fixture.PutAsync("cache/1", "x"u8.ToArray());
        using var good = await TakeAsync(_fixture.OpenExcluding("cache/"));
        var failure = await Assert.ThrowsAsync<EngineException>(() => TakeAsync(_fixture.OpenExcluding("cache/", "cahce/")));
        Assert.Equal(EngineError.InvalidRequest, failure.Error);
        Assert.Contains("'cahce/'", failure.Message, StringComparison.Ordinal);
    }

    private static Task<ObjectListing> TakeAsync(IObjectStore store) => ObjectListing.TakeAsync(store, store.ListAsync(default));

    [Fact]
    public void Temporary_files_have_no_name_and_those_of_killed_processes_are_swept()
    {
        using (var file = SpoolFile.Create(_fixture.Root, "test"))
        {
            file.Write([1, 2, 3]);
            Assert.Equal(OperatingSystem.IsWindows() ? 1 : 0, Directory.EnumerateFiles(_fixture.Root).Count());
            file.Position = 0;
            Assert.Equal(3, file.ReadAtLeast(new byte[3], 3));
        }

        File.WriteAllText(Path.Join(_fixture.Root, $"tfe-backup-{Guid.NewGuid():N}.test"), "");
        File.WriteAllText(Path.Join(_fixture.Root, "tfe-backup-of-mine.test"), "");
        File.WriteAllText(Path.Join(_fixture.Root, $"tfe-backup-{Guid.NewGuid():N}.other"), "");
        Assert.Equal(1, SpoolFile.DeleteLeftovers(_fixture.Root, "test"));
        Assert.Equal(2, Directory.EnumerateFiles(_fixture.Root).Count());
    }
}
