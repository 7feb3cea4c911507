using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Operations.Tests.Operations;

/// <summary>The engine on SQLite begins a lost activity again by itself, and says so.</summary>
public sealed class RedeliveryTests
{
    [Fact]
    public async Task A_step_counts_how_often_its_activity_was_begun_again()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        harness.Interrupt(Interruptions.Moment.After);
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Null(instance.Failure);
        string[] interrupted = ["claim installation/old", "plan", "stream", "verify", "publish"];
        Assert.All(interrupted, name => Assert.Equal((1, 9), (OperationHarness.Step(instance, name).Retries, OperationHarness.Step(instance, name).MostRetries)));
    }
}
