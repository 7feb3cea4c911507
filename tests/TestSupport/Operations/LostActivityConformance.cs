using TfeBackup.Operations.Model;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

/// <summary>Activities that nobody waits for any more, or of which nobody heard.</summary>
public abstract class LostActivityConformance : OperationConformance
{
    [Fact]
    public async Task An_activity_of_a_terminated_operation_is_cancelled()
    {
        await using var harness = await StartAsync();
        var stopped = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        harness.Old.Backup = async (_, _, cancellationToken) =>
        {
            begun.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                stopped.SetResult();
                throw;
            }

            return Stream.Null;
        };
        var id = await harness.Operations.StartBackupAsync("old", default);
        await begun.Task.WaitAsync(OperationHarness.Deadline);
        await harness.Operations.TerminateAsync(id, "stuck", default);
        var instance = await harness.EndAsync(id);
        await harness.PassTimeUntilAsync(() => stopped.Task.IsCompleted, "the activity to stop");

        Assert.Equal(OperationState.Terminated, instance.State);
        Assert.Equal(new OperationFailure(OperationError.Cancelled, "stuck"), instance.Failure);
        Assert.Empty(await harness.RecordsAsync());
    }

    [Fact]
    public async Task An_activity_whose_worker_died_is_run_again()
    {
        var runs = 0;
        await using var harness = await StartAsync();
        harness.Around = (name, run, _) => name == "StreamBackup" && Interlocked.Increment(ref runs) == 1
            ? throw new InvalidOperationException("dotnet exited with code 137 (0x89)")
            : run();
        var ended = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Null(ended.Failure);
        Assert.Equal(2, runs);
        Assert.Single(await harness.RecordsAsync());
        Assert.Equal(1, OperationHarness.Step(ended, "stream").Retries);
    }
}
