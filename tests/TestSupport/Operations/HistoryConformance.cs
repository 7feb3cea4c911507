using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Operations;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

public abstract class HistoryConformance : OperationConformance
{
    private static readonly HashSet<string> None = [];

    [Fact]
    public async Task Operations_are_forgotten_once_they_are_old_and_looked_for_once_a_day()
    {
        await using var harness = await StartAsync();
        var history = Create(harness);
        var old = await EndedAsync(harness);
        var current = await EndedAsync(harness);
        var between = DateTimeOffset.UtcNow;
        var recent = await EndedAsync(harness);

        harness.Time.SetUtcNow(between + TimeSpan.FromDays(89));
        Assert.Equal(0, await history.TickAsync(None, default));
        harness.Time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(0, await history.TickAsync(None, default));
        harness.Time.SetUtcNow(between + TimeSpan.FromDays(90));
        Assert.Equal(1, await history.TickAsync(new HashSet<string> { current }, default));
        Assert.Null(await harness.Queries.FindAsync(old, default));
        Assert.NotNull(await harness.Queries.FindAsync(current, default));
        Assert.NotNull(await harness.Queries.FindAsync(recent, default));
    }

    [Fact]
    public async Task A_day_on_which_it_failed_does_not_count()
    {
        await using var harness = await StartAsync();
        var history = Create(harness);
        _ = await EndedAsync(harness);
        harness.Time.Advance(TimeSpan.FromDays(91));

        _ = await Assert.ThrowsAsync<ArgumentNullException>(() => history.TickAsync(null!, default));
        Assert.Equal(1, await history.TickAsync(None, default));
    }

    private static OperationHistory Create(OperationHarness harness) =>
        new(harness.Queries, TimeSpan.FromDays(90), harness.Time, NullLogger<OperationHistory>.Instance);

    private static async Task<string> EndedAsync(OperationHarness harness)
    {
        var id = await harness.Operations.StartRetentionAsync("old", dryRun: true, default);
        _ = await harness.EndAsync(id);
        return id;
    }
}
