using System.Text;
using TfeBackup.Engine;
using TfeBackup.Engine.Objects;
using Xunit;

namespace TfeBackup.TestSupport.ObjectStores;

/// <summary>What every <see cref="IObjectStore"/> has to do. A test class of each store derives from it.</summary>
public abstract class ObjectStoreConformance
{
    private static readonly SortedDictionary<string, string> Before = new(ObjectKey.Order)
    {
        ["a"] = "was a file",
        ["becomes-a-file/1"] = "1",
        ["becomes-a-file/x/2"] = "2",
        ["gone"] = "",
        ["gone-with-its/only/object"] = "x",
        ["kept/1"] = "the same",
        ["kept/2"] = "changes",
    };

    private static readonly SortedDictionary<string, string> After = new(ObjectKey.Order)
    {
        ["a/is/a/directory/now"] = "below",
        ["becomes-a-file"] = "one file",
        ["kept/1"] = "the same",
        ["kept/2"] = "changed",
        ["new/empty"] = "",
        ["new/object"] = "new",
    };

    protected abstract Task<ObjectStoreFixture> CreateAsync();

    [Fact]
    public async Task A_new_store_holds_nothing()
    {
        await using var fixture = await CreateAsync();
        var store = fixture.Open();
        await store.CheckAsync(default);
        Assert.False(await store.AnyAsync(default));
        Assert.Empty(await ObjectSet.ReadAsync(store));
        Assert.Empty(await store.FindStagingsAsync(default));
        Assert.Null(await store.OpenAsync("a/b", default));
    }

    [Fact]
    public async Task Listing_is_in_the_order_of_utf8_bytes_whatever_the_keys()
    {
        await using var fixture = await CreateAsync();
        var objects = ObjectSet.OddKeys.ToDictionary(k => k, k => $"content of {k.Length}");
        foreach (var (key, content) in objects)
        {
            await fixture.PutAsync(key, Encoding.Latin1.GetBytes(content));
        }

        List<string> listed = [];
        await foreach (var info in fixture.Open().ListAsync(default))
        {
            listed.Add(info.Key);
        }

        var expected = ObjectSet.OddKeys.OrderBy(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal);
        Assert.Equal(expected, listed);
        Assert.Equal(objects.OrderBy(o => o.Key, ObjectKey.Order), await ObjectSet.ReadAsync(fixture.Open()));
    }

    [Fact]
    public async Task What_comes_after_the_listing_before_a_moment_and_goes_before_the_one_after_it_is_in_the_latter()
    {
        await using var fixture = await CreateAsync();
        await fixture.PutAsync("d/a", "a"u8.ToArray());
        await fixture.PutAsync("d/b", "b"u8.ToArray());
        using var watch = fixture.OpenRemembering().Watch();
        var before = await watch.ListBeforeAsync(default).Select(info => info.Key).ToListAsync();
        string[] shortLived = ["d/a-first", "d/c", "new/and/deep", "z + 100% é"];
        foreach (var key in shortLived.Append("d/stays"))
        {
            await fixture.PutAsync(key, "x"u8.ToArray());
        }

        watch.AwaitMoment();
        foreach (var key in shortLived.Append("d/b"))
        {
            await fixture.DeleteAsync(key);
        }

        var after = await watch.ListAfterAsync(default).ToListAsync();
        Assert.Equal(["d/a", "d/b"], before);
        Assert.Equal(
            ["d/a", "d/a-first", "d/b", "d/c", "d/stays", "new/and/deep", "z + 100% é"],
            after.Select(info => info.Key).Union(before).Order(StringComparer.Ordinal));
        Assert.All(after, info => Assert.True(info is { Problem: null, Excluded: false }, info.Key));
        Assert.Null(watch.Gap);
    }

    [Fact]
    public async Task Odd_keys_survive_staging_and_promotion()
    {
        await using var fixture = await CreateAsync();
        var objects = ObjectSet.OddKeys.ToDictionary(k => k, k => $"content of {k.Length}");
        await using (var staging = await fixture.Open().CreateStagingAsync("odd", default))
        {
            await ObjectSet.AddAsync(staging, objects);
            await staging.SealAsync("t", default);
            await staging.PromoteAsync(default);
        }

        Assert.Equal(objects.OrderBy(o => o.Key, ObjectKey.Order), await ObjectSet.ReadAsync(fixture.Open()));
    }

    [Fact]
    public async Task Staged_objects_are_invisible_until_promoted_and_then_all_there_is()
    {
        await using var fixture = await CreateAsync();
        await FillAsync(fixture);
        var store = fixture.Open();
        await using var staging = await store.CreateStagingAsync("restore-1", default);
        await ObjectSet.AddAsync(staging, After);
        await staging.SealAsync("token", default);
        Assert.Equal(Before, await ObjectSet.ReadAsync(store));

        await staging.PromoteAsync(default);
        Assert.Equal(After, await ObjectSet.ReadAsync(store));
        Assert.Empty(await store.FindStagingsAsync(default));
        Assert.DoesNotContain(await fixture.ListEverythingAsync(), name => name.Contains(".tfe-backup", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_promoted_empty_staging_empties_the_store()
    {
        await using var fixture = await CreateAsync();
        await FillAsync(fixture);
        await using var staging = await fixture.Open().CreateStagingAsync("e", default);
        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Empty(await fixture.ListEverythingAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_discarded_staging_leaves_the_store_as_it_was(bool sealedBefore)
    {
        await using var fixture = await CreateAsync();
        await FillAsync(fixture);
        var everything = await fixture.ListEverythingAsync();
        await using var staging = await fixture.Open().CreateStagingAsync("d", default);
        await ObjectSet.AddAsync(staging, After);
        if (sealedBefore)
        {
            await staging.SealAsync("t", default);
        }

        await staging.DiscardAsync(default);
        await staging.DiscardAsync(default);
        Assert.Equal(everything, await fixture.ListEverythingAsync());
        Assert.Equal(Before, await ObjectSet.ReadAsync(fixture.Open()));
    }

    [Fact]
    public async Task Another_process_finds_stagings_and_their_commit_tokens()
    {
        await using var fixture = await CreateAsync();
        await FillAsync(fixture);
        await using (var unsealed = await fixture.Open().CreateStagingAsync("one", default))
        {
            await ObjectSet.AddAsync(unsealed, After);
        }

        await using (var complete = await fixture.Open().CreateStagingAsync("two", default))
        {
            await ObjectSet.AddAsync(complete, After);
            await complete.SealAsync("transaction 4711 \u00e9\n", default);
        }

        var found = await fixture.Open().FindStagingsAsync(default);
        Assert.Equal([("one", null), ("two", "transaction 4711 \u00e9\n")], found.OrderBy(s => s.Id).Select(s => (s.Id, s.CommitToken)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => found.Single(s => s.Id == "one").PromoteAsync(default));
        await ObjectSet.RecoverAsync(fixture.Open(), _ => true);
        Assert.Equal(After, await ObjectSet.ReadAsync(fixture.Open()));
        Assert.Empty(await fixture.Open().FindStagingsAsync(default));
    }

    [Fact]
    public async Task A_restore_interrupted_anywhere_ends_as_the_database_did()
    {
        var crashes = 0;
        for (var change = 0; ; change++)
        {
            await using var fixture = await CreateAsync();
            await FillAsync(fixture);
            var committed = false;
            var crashed = false;
            try
            {
                await using var staging = await fixture.OpenCrashingAt(change).CreateStagingAsync("r", default);
                await ObjectSet.AddAsync(staging, After);
                await staging.SealAsync("t", default);
                committed = true;
                await staging.PromoteAsync(default);
            }
            catch (SimulatedCrashException)
            {
                crashed = true;
                crashes++;
            }

            // What the ended process had asked of a server may still arrive; it is found and removed later.
            await ObjectSet.RecoverAsync(fixture.Open(), _ => committed);
            await WaitFor.ConditionAsync(
                async () =>
                {
                    await ObjectSet.RecoverAsync(fixture.Open(), _ => false);
                    return !(await fixture.ListEverythingAsync()).Any(name => name.Contains(".tfe-backup/", StringComparison.Ordinal));
                },
                "the staging to be gone",
                TimeSpan.FromSeconds(30));
            Assert.Equal(committed ? After : Before, await ObjectSet.ReadAsync(fixture.Open()));
            if (!crashed)
            {
                break;
            }
        }

        Assert.True(crashes > 10, $"Only {crashes} changes were interrupted.");
    }

    [Fact]
    public async Task A_promotion_interrupted_twice_still_ends()
    {
        // The second process gets further than the first, and the third does the rest.
        for (var change = 0; change < 40; change += 3)
        {
            await using var fixture = await CreateAsync();
            await FillAsync(fixture);
            await using (var staging = await fixture.Open().CreateStagingAsync("r", default))
            {
                await ObjectSet.AddAsync(staging, After);
                await staging.SealAsync("t", default);
            }

            foreach (var at in new[] { change / 2, change })
            {
                try
                {
                    await ObjectSet.RecoverAsync(fixture.OpenCrashingAt(at), _ => true);
                }
                catch (SimulatedCrashException)
                {
                    continue;
                }
            }

            await ObjectSet.RecoverAsync(fixture.Open(), _ => true);
            Assert.Equal(After, await ObjectSet.ReadAsync(fixture.Open()));
        }
    }

    [Fact]
    public async Task A_promotion_that_another_process_finishes_meanwhile_touches_nothing_that_came_after()
    {
        for (var change = 0; ; change++)
        {
            await using var fixture = await CreateAsync();
            await FillAsync(fixture);
            await fixture.PutAsync("z/stale", "s"u8.ToArray());
            await using (var staging = await fixture.Open().CreateStagingAsync("r", default))
            {
                await ObjectSet.AddAsync(staging, After);
                await staging.SealAsync("t", default);
            }

            var overtaken = false;
            var slow = fixture.OpenWatched(number =>
            {
                if (number == change)
                {
                    overtaken = true;
                    ObjectSet.RecoverAsync(fixture.Open(), _ => true).GetAwaiter().GetResult();
                    fixture.PutAsync("z/fresh", "f"u8.ToArray()).GetAwaiter().GetResult();
                }
            });
            try
            {
                await ObjectSet.RecoverAsync(slow, _ => true);
            }
            catch (EngineException)
            {
                // It finds nothing left to do.
            }

            if (!overtaken)
            {
                Assert.True(change > 4, $"Only {change} changes were overtaken.");
                return;
            }

            Assert.Equal(
                new SortedDictionary<string, string>(After, ObjectKey.Order) { ["z/fresh"] = "f" }, await ObjectSet.ReadAsync(fixture.Open()));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData(".tfe-backup/x")]
    public Task What_is_no_key_is_refused_by_name(string key) => RefusesAsync(key);

    [Theory]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    public async Task A_key_that_is_no_path_survives_or_is_refused_by_name_while_it_is_staged(string key)
    {
        await using var fixture = await CreateAsync();
        await fixture.PutAsync("a/b", "stays out of it"u8.ToArray());
        await using var staging = await fixture.Open().CreateStagingAsync("k", default);
        try
        {
            await ObjectSet.AddAsync(staging, new Dictionary<string, string> { [key] = "content" });
        }
        catch (EngineException e)
        {
            Assert.Equal(EngineError.Unsupported, e.Error);
            Assert.Contains(ObjectKey.Quote(key), e.Message, StringComparison.Ordinal);
            await staging.DiscardAsync(default);
            Assert.Equal(["a/b"], (await ObjectSet.ReadAsync(fixture.Open())).Keys);
            return;
        }

        await staging.SealAsync("t", default);
        await staging.PromoteAsync(default);
        Assert.Equal([new(key, "content")], await ObjectSet.ReadAsync(fixture.Open()));
    }

    [Fact]
    public async Task The_ledger_is_replaced_as_a_whole_and_no_object()
    {
        await using var fixture = await CreateAsync();
        var store = fixture.Open();
        Assert.Null(await store.ReadLedgerAsync(default));
        await store.WriteLedgerAsync(new byte[10_000], default);
        await store.WriteLedgerAsync("short"u8.ToArray(), default);
        Assert.False(await store.AnyAsync(default));
        Assert.Empty(await store.FindStagingsAsync(default));
        await using (var staging = await store.CreateStagingAsync("r", default))
        {
            await ObjectSet.AddAsync(staging, After);
            await staging.SealAsync("t", default);
            await staging.PromoteAsync(default);
        }

        Assert.Equal("short"u8.ToArray(), await fixture.Open().ReadLedgerAsync(default));
        Assert.Equal(After, await ObjectSet.ReadAsync(store));
    }

    [Fact]
    public async Task What_settings_leave_out_is_neither_listed_as_an_object_nor_replaced_nor_deleted()
    {
        await using var fixture = await CreateAsync();
        await FillAsync(fixture);
        await fixture.PutAsync("cache/1", "1"u8.ToArray());
        await fixture.PutAsync("cache/sub/2", "2"u8.ToArray());
        await fixture.PutAsync("index", "of somebody else"u8.ToArray());
        var store = fixture.OpenExcluding("cache/", "index");
        Assert.Equal(Before.Keys, await store.ListAsync(default).Where(info => !info.Excluded).Select(info => info.Key).ToListAsync());
        await using var staging = await store.CreateStagingAsync("r", default);
        foreach (var key in new[] { "cache/3", "index" })
        {
            var failure = await Assert.ThrowsAsync<EngineException>(() => staging.AddAsync(new ObjectHeader(key, 0), Stream.Null, default));
            Assert.Contains("ObjectStore:Exclude", failure.Message, StringComparison.Ordinal);
        }

        await staging.DiscardAsync(default);
        await using var second = await store.CreateStagingAsync("r2", default);
        await ObjectSet.AddAsync(second, After);
        await second.SealAsync("t", default);
        await second.PromoteAsync(default);
        Assert.Equal(
            After.Keys.Concat(["cache/1", "cache/sub/2", "index"]).Order(ObjectKey.Order), (await ObjectSet.ReadAsync(fixture.Open())).Keys);
    }

    [Fact]
    public Task Half_a_character_is_no_key() => RefusesAsync("a\ud800b");

    [Fact]
    public async Task Objects_out_of_order_are_refused()
    {
        await using var fixture = await CreateAsync();
        await using var staging = await fixture.Open().CreateStagingAsync("o", default);
        await staging.AddAsync(new ObjectHeader("b", 0), Stream.Null, default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => staging.AddAsync(new ObjectHeader("b", 0), Stream.Null, default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => staging.AddAsync(new ObjectHeader("a", 0), Stream.Null, default));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(3_000_000)]
    public async Task Content_of_another_length_is_refused_and_cannot_be_sealed(int length)
    {
        await using var fixture = await CreateAsync();
        await using var staging = await fixture.Open().CreateStagingAsync("l", default);
        var stated = length == 3_000_000 ? length + 1 : 10;
        await Assert.ThrowsAnyAsync<Exception>(() => staging.AddAsync(new ObjectHeader("a", stated), new MemoryStream(new byte[length]), default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => staging.SealAsync("t", default));
        await staging.DiscardAsync(default);
        Assert.Empty(await fixture.ListEverythingAsync());
    }

    [Fact]
    public async Task A_failing_source_is_not_blamed_on_the_store()
    {
        await using var fixture = await CreateAsync();
        await using var staging = await fixture.Open().CreateStagingAsync("f", default);
        await using BrokenStream source = new(5_000_000);
        var failure = await Assert.ThrowsAsync<IOException>(() => staging.AddAsync(new ObjectHeader("a", 20_000_000), source, default));
        Assert.Equal(BrokenStream.Message, failure.Message);
    }

    [Fact]
    public async Task A_staging_has_its_name_for_itself()
    {
        await using var fixture = await CreateAsync();
        await using var first = await fixture.Open().CreateStagingAsync("same", default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Open().CreateStagingAsync("same", default));
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Open().CreateStagingAsync("a/b", default));
    }

    [Fact]
    public async Task An_object_that_changes_while_it_is_read_is_never_a_mix_without_a_word()
    {
        await using var fixture = await CreateAsync();
        var before = new byte[16 << 20];
        await fixture.PutAsync("changing", before);
        await using var content = await fixture.Open().OpenAsync("changing", default);
        await content!.Stream.ReadExactlyAsync(new byte[1000]);
        var after = new byte[16 << 20];
        after.AsSpan().Fill(1);
        await fixture.PutAsync("changing", after);

        // A server may go on with what it had begun to send; then it is the old object to its end.
        using MemoryStream rest = new();
        try
        {
            await content.Stream.CopyToAsync(rest);
            Assert.True(content.Changed() || before.AsSpan(1000).SequenceEqual(rest.ToArray()));
        }
        catch (EngineException e)
        {
            Assert.Equal(EngineError.CorruptSource, e.Error);
            Assert.Contains("'changing'", e.Message, StringComparison.Ordinal);
        }
    }

    private async Task RefusesAsync(string key)
    {
        await using var fixture = await CreateAsync();
        var opening = await Assert.ThrowsAsync<EngineException>(() => fixture.Open().OpenAsync(key, default));
        Assert.Equal(EngineError.Unsupported, opening.Error);
        await using var staging = await fixture.Open().CreateStagingAsync("k", default);
        var adding = await Assert.ThrowsAsync<EngineException>(() => staging.AddAsync(new ObjectHeader(key, 0), Stream.Null, default));
        Assert.Equal(EngineError.Unsupported, adding.Error);
        Assert.Contains(ObjectKey.Quote(key), adding.Message, StringComparison.Ordinal);
    }

    private static async Task FillAsync(ObjectStoreFixture fixture)
    {
        foreach (var (key, content) in Before)
        {
            await fixture.PutAsync(key, Encoding.Latin1.GetBytes(content));
        }
    }
}
