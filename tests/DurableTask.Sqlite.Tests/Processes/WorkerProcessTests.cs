using DurableTask.Core.History;
using DurableTask.Sqlite.History;
using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask.Client;

namespace DurableTask.Sqlite.Tests.Processes;

/// <summary>Workers in processes of their own, which are killed, held up and stopped. The client that watches them is in another process.</summary>
public sealed class WorkerProcessTests
{
    [Fact]
    public async Task An_orchestration_resumes_after_each_of_many_kills_of_its_worker()
    {
        const int Kills = 5;
        var random = new Random(20261127);
        await using var processes = await WorkerProcesses.CreateAsync();
        await processes.StartAsync("Chain", "chain", "");
        for (var kill = 0; kill < Kills; kill++)
        {
            var enough = (await processes.Client.GetOrchestrationHistoryAsync("chain")).Count + random.Next(1, 12);
            var worker = processes.Start();
            await Eventually.TrueAsync(
                async () => (await processes.Client.GetOrchestrationHistoryAsync("chain")).Count >= enough, "the worker to get on");
            worker.Kill();
            await worker.WaitForExitAsync();
            Assert.Equal(OrchestrationRuntimeStatus.Running, (await processes.Client.GetInstanceAsync("chain"))!.RuntimeStatus);
        }

        processes.Start();
        var ended = await processes.EndAsync("chain");
        const int Effects = WorkerProgram.ChainLength + WorkerProgram.FanOut;
        Assert.Equal(Effects * (Effects - 1) / 2, ended.ReadOutputAs<int>());

        // Only what ran at the moment of a kill ran again, and nothing is in the history twice.
        var counts = Enumerable.Range(0, Effects).Select(processes.CountEffect).ToArray();
        Assert.All(counts, count => Assert.InRange(count, 1, 1 + Kills));
        Assert.InRange(counts.Sum(), Effects, Effects + (Kills * WorkerProgram.FanOut));
        var history = await processes.Client.GetOrchestrationHistoryAsync("chain");
        const int Children = WorkerProgram.ChainLength / 10;
        AssertOnce(Effects - Children, history.OfType<TaskScheduledEvent>().Select(e => e.EventId));
        AssertOnce(Effects - Children, history.OfType<TaskCompletedEvent>().Select(e => e.TaskScheduledId));
        AssertOnce(Children, history.OfType<SubOrchestrationInstanceCreatedEvent>().Select(e => e.EventId));
        AssertOnce(Children, history.OfType<SubOrchestrationInstanceCompletedEvent>().Select(e => e.TaskScheduledId));
        AssertOnce(history.OfType<TimerCreatedEvent>().Count(), history.OfType<TimerFiredEvent>().Select(e => e.TimerId));
        Assert.True(HistoryReplay.Verify(WorkerProgram.Chain(), history) > Effects);

        static void AssertOnce(int count, IEnumerable<int> ids)
        {
            var all = ids.ToList();
            Assert.Equal(count, all.Count);
            Assert.Equal(count, all.Distinct().Count());
        }
    }

    [Fact]
    public async Task Workers_that_share_a_file_do_no_work_twice()
    {
        const int Instances = 40;
        await using var processes = await WorkerProcesses.CreateAsync();
        for (var i = 0; i < Instances; i++)
        {
            await processes.StartAsync("Once", $"once-{i}", $"{i}");
        }

        processes.Start();
        processes.Start();
        for (var i = 0; i < Instances; i++)
        {
            Assert.Equal($"{i}", (await processes.EndAsync($"once-{i}")).ReadOutputAs<string>());
        }

        Assert.All(Enumerable.Range(0, Instances), i => Assert.Equal(1, processes.CountEffect(i)));
    }

    [Fact]
    public async Task Work_of_a_killed_worker_is_taken_over_at_once()
    {
        await using var processes = await WorkerProcesses.CreateAsync();
        await processes.StartAsync("Gated", "gated");
        var first = processes.Start(lockSeconds: 3600);
        await processes.ExistsAsync($"begun-{first.Id}");
        first.Kill();

        // Its locks have an hour to run; its file says that nobody is there.
        var second = processes.Start(lockSeconds: 3600);
        await processes.ExistsAsync($"begun-{second.Id}");
        await processes.GoAsync();
        Assert.Equal($"{second.Id}", (await processes.EndAsync("gated")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Work_of_a_hanging_worker_is_taken_over_when_its_locks_expire_and_its_late_result_is_dropped()
    {
        await using var processes = await WorkerProcesses.CreateAsync();
        await processes.StartAsync("Gated", "gated");
        var first = processes.Start(lockSeconds: 2);
        await processes.ExistsAsync($"begun-{first.Id}");
        WorkerProcesses.Signal(first, "STOP");
        var second = processes.Start(lockSeconds: 600);
        await processes.ExistsAsync($"begun-{second.Id}");

        // The first now wakes and finishes what it was running, before the second does: "go" is there for both, but the second is held up.
        WorkerProcesses.Signal(second, "STOP");
        await processes.GoAsync();
        WorkerProcesses.Signal(first, "CONT");
        await processes.StartAsync("Once", "after", "0");
        Assert.Equal("0", (await processes.EndAsync("after")).ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await processes.Client.GetInstanceAsync("gated"))!.RuntimeStatus);
        WorkerProcesses.Signal(second, "CONT");

        Assert.Equal($"{second.Id}", (await processes.EndAsync("gated")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_busy_worker_keeps_its_locks()
    {
        await using var processes = await WorkerProcesses.CreateAsync();
        await processes.StartAsync("Gated", "gated");
        var first = processes.Start(lockSeconds: 1);
        await processes.ExistsAsync($"begun-{first.Id}");
        var second = processes.Start(lockSeconds: 1);
        await processes.StartAsync("Once", "once", "0");
        await processes.EndAsync("once");

        // Longer than the locks would last by themselves.
        var until = DateTime.UtcNow.AddSeconds(3);
        await Eventually.TrueAsync(() => DateTime.UtcNow > until, "three seconds to pass");
        Assert.False(File.Exists(Path.Combine(processes.Effects, $"begun-{second.Id}")));
        await processes.GoAsync();
        Assert.Equal($"{first.Id}", (await processes.EndAsync("gated")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_stopping_worker_releases_its_work()
    {
        await using var processes = await WorkerProcesses.CreateAsync();
        await processes.StartAsync("Gated", "gated");
        var first = processes.Start(lockSeconds: 3600, maxAttempts: 1);
        await processes.ExistsAsync($"begun-{first.Id}");
        WorkerProcesses.Signal(first, "TERM");
        await first.WaitForExitAsync();
        Assert.Equal(0, first.ExitCode);
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await processes.Client.GetInstanceAsync("gated"))!.RuntimeStatus);

        // It was no attempt that counts.
        var second = processes.Start(lockSeconds: 3600, maxAttempts: 1);
        await processes.ExistsAsync($"begun-{second.Id}");
        await processes.GoAsync();
        Assert.Equal($"{second.Id}", (await processes.EndAsync("gated")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_activity_that_kills_its_process_every_time_fails_in_the_end()
    {
        await using var processes = await WorkerProcesses.CreateAsync();
        await processes.StartAsync("Crashing", "crashing");
        for (var start = 0; start < 2; start++)
        {
            await processes.Start(maxAttempts: 2).WaitForExitAsync();
        }

        processes.Start(maxAttempts: 2);
        var failure = (await processes.EndAsync("crashing")).FailureDetails!.InnerFailure!;
        Assert.Equal("ActivityAbandoned", failure.ErrorType);
        Assert.Contains("Activity Crash was started 2 times", failure.ErrorMessage, StringComparison.Ordinal);
    }
}
