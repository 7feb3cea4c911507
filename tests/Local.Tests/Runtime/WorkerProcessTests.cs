using TfeBackup.Local.Runtime;
using TfeBackup.TestSupport;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;
using Xunit;

namespace TfeBackup.Local.Tests.Runtime;

/// <summary>Several workers in processes of their own, which are killed and held up.</summary>
public sealed class WorkerProcessTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task An_operation_whose_worker_is_killed_again_and_again_goes_on_where_it_was()
    {
        const int Kills = 5;
        var random = new Random(20261122);
        await using var processes = new WorkerProcesses();
        await processes.Client.StartAsync("Chain", "chain", "1", default);
        for (var kill = 0; kill < Kills; kill++)
        {
            var moves = processes.Client.ReadHistory("chain").Count() + random.Next(1, 6);
            var worker = await processes.StartAsync();
            await WaitFor.ConditionAsync(
                () => processes.Client.ReadHistory("chain").Count() >= moves, "the worker to get on", Deadline);
            await worker.StopAsync("SIGKILL");
            Assert.Equal(WorkflowState.Running, (await processes.Client.FindAsync("chain", default))!.State);
        }

        await processes.StartAsync();
        var instance = await EndAsync(processes, "chain");
        const int Effects = WorkerProgram.ChainLength + WorkerProgram.FanOut;
        Assert.True(instance.State == WorkflowState.Completed, processes.Log);
        Assert.Equal($"{Effects * (Effects - 1) / 2}", instance.Output);
        var counts = Enumerable.Range(0, Effects).Select(processes.CountEffect).ToArray();
        Assert.All(counts, count => Assert.InRange(count, 1, 1 + Kills));

        // Only what ran at the moment of a kill ran again.
        Assert.InRange(counts.Sum(), Effects, Effects + (Kills * WorkerProgram.FanOut));
        var history = processes.Client.ReadHistory("chain").ToList();
        Assert.Equal(history.Count, ReplayVerifier.Verify(WorkerProgram.Orchestrations[0], "chain", history));
    }

    [Fact]
    public async Task Workers_that_share_a_journal_do_nothing_twice()
    {
        const int Operations = 40;
        await using var processes = new WorkerProcesses();
        for (var i = 0; i < Operations; i++)
        {
            await processes.Client.StartAsync("Once", $"once-{i}", $"{i}", default);
        }

        await Task.WhenAll(processes.StartAsync(), processes.StartAsync(), processes.StartAsync());
        for (var i = 0; i < Operations; i++)
        {
            Assert.Equal($"{i}", (await EndAsync(processes, $"once-{i}")).Output);
        }

        Assert.All(Enumerable.Range(0, Operations), i => Assert.Equal(1, processes.CountEffect(i)));
    }

    [Fact]
    public async Task What_a_killed_worker_was_running_is_taken_over_at_once()
    {
        await using var processes = new WorkerProcesses();
        await processes.Client.StartAsync("Gated", "gated", "1", default);
        var first = await processes.StartAsync(leaseSeconds: 3600);
        await WaitFor.ConditionAsync(() => processes.Exists($"begun-{first.ProcessId}"), "the activity to begin", Deadline);
        await WaitFor.ConditionAsync(
            async () => (await processes.Client.FindAsync("gated", default))!.Activities is [{ Progress: { Bytes: 1_000, Total: 4_000 } }],
            "its progress to be seen from another process",
            Deadline);
        await first.StopAsync("SIGKILL");

        // The lease has an hour to run; the lock file says that nobody is there.
        var second = await processes.StartAsync(leaseSeconds: 3600);
        await WaitFor.ConditionAsync(() => processes.Exists($"begun-{second.ProcessId}"), "the activity to begin again", Deadline);
        Assert.Equal(2, Assert.Single((await processes.Client.FindAsync("gated", default))!.Activities).Starts);
        await File.WriteAllTextAsync(Path.Combine(processes.Effects, "go"), "");

        Assert.Equal($"{second.ProcessId}", (await EndAsync(processes, "gated")).Output);
    }

    [Fact]
    public async Task What_a_worker_that_hangs_was_running_is_taken_over_when_its_lease_runs_out_and_it_cannot_end_it_any_more()
    {
        await using var processes = new WorkerProcesses();
        await processes.Client.StartAsync("Gated", "gated", "1", default);
        var first = await processes.StartAsync(leaseSeconds: 2);
        await WaitFor.ConditionAsync(() => processes.Exists($"begun-{first.ProcessId}"), "the activity to begin", Deadline);
        first.Signal("SIGSTOP");
        var second = await processes.StartAsync(leaseSeconds: 600);
        await WaitFor.ConditionAsync(() => processes.Exists($"begun-{second.ProcessId}"), "the activity to be taken over", Deadline);
        first.Signal("SIGCONT");
        await WaitFor.ConditionAsync(() => processes.Exists($"stopped-{first.ProcessId}"), "the first to notice", Deadline);
        Assert.Equal(WorkflowState.Running, (await processes.Client.FindAsync("gated", default))!.State);
        await File.WriteAllTextAsync(Path.Combine(processes.Effects, "go"), "");

        Assert.Equal($"{second.ProcessId}", (await EndAsync(processes, "gated")).Output);
    }

    [Fact]
    public async Task A_worker_told_to_stop_puts_back_what_it_was_running()
    {
        await using var processes = new WorkerProcesses();
        await processes.Client.StartAsync("Gated", "gated", "1", default);
        var first = await processes.StartAsync(leaseSeconds: 3600);
        await WaitFor.ConditionAsync(() => processes.Exists($"begun-{first.ProcessId}"), "the activity to begin", Deadline);
        Assert.Equal(0, await first.StopAsync("SIGTERM"));

        Assert.Equal(0, Assert.Single((await processes.Client.FindAsync("gated", default))!.Activities).Starts);
        Assert.True(processes.Exists($"stopped-{first.ProcessId}"));
    }

    [Fact]
    public async Task An_activity_that_kills_its_process_every_time_fails_in_the_end()
    {
        await using var processes = new WorkerProcesses();
        await processes.Client.StartAsync("Crashing", "crashing", "1", default);
        for (var start = 0; start < 2; start++)
        {
            var worker = await processes.StartAsync(maxStarts: 2);
            await worker.Exited.WaitAsync(Deadline);
        }

        await processes.StartAsync(maxStarts: 2);
        var instance = await EndAsync(processes, "crashing");
        Assert.Equal(WorkflowError.Internal, instance.Failure!.Error);
        Assert.Contains("Activity Crash was begun 2 times", instance.Failure.Message, StringComparison.Ordinal);
    }

    private static async Task<WorkflowInstance> EndAsync(WorkerProcesses processes, string id)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await processes.Client.WaitAsync(id, deadline.Token);
    }
}
