using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Workflows.Operations;

namespace TfeBackup.Workflows.Tests.Operations;

public sealed class OperationHistoryTests
{
    private static readonly HashSet<string> None = [];

    [Fact]
    public async Task Operations_are_forgotten_once_they_are_old_and_looked_for_once_a_day()
    {
        await using var harness = new OperationHarness();
        var history = new OperationHistory(TimeSpan.FromDays(90), harness.Time, NullLogger<OperationHistory>.Instance);
        var old = await EndedAsync(harness);
        var current = await EndedAsync(harness);
        harness.Time.Advance(TimeSpan.FromDays(89));
        var recent = await EndedAsync(harness);

        Assert.Equal(0, await history.TickAsync(harness.Client, None, default));
        harness.Time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(0, await history.TickAsync(harness.Client, None, default));
        harness.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, await history.TickAsync(harness.Client, new HashSet<string> { current }, default));
        Assert.Null(await harness.Client.FindAsync(old, default));
        Assert.NotNull(await harness.Client.FindAsync(current, default));
        Assert.NotNull(await harness.Client.FindAsync(recent, default));
    }

    [Fact]
    public async Task A_day_on_which_it_failed_does_not_count()
    {
        await using var harness = new OperationHarness();
        var history = new OperationHistory(TimeSpan.FromDays(90), harness.Time, NullLogger<OperationHistory>.Instance);
        _ = await EndedAsync(harness);
        harness.Time.Advance(TimeSpan.FromDays(91));

        _ = await Assert.ThrowsAsync<ArgumentNullException>(() => history.TickAsync(harness.Client, null!, default));
        Assert.Equal(1, await history.TickAsync(harness.Client, None, default));
    }

    private static async Task<string> EndedAsync(OperationHarness harness)
    {
        var id = await harness.Operations.StartRetentionAsync("old", dryRun: true, default);
        _ = await harness.EndAsync(id);
        return id;
    }
}
