using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Local.Runtime;
using TfeBackup.TestSupport.Runtime;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Tests.Runtime;

/// <summary>
/// A worker in a process of its own, for tests to kill: <c>dotnet TfeBackup.Local.Tests.dll JOURNAL EFFECTS LEASE_SECONDS MAX_STARTS</c>.
/// What its activities do to the world is a line in a file each time.
/// </summary>
public static class WorkerProgram
{
    public const int ChainLength = 60;
    public const int FanOut = 4;

    public static IReadOnlyList<IOrchestration> Orchestrations { get; } =
    [
        new DelegateOrchestration("Chain", async (context, _) =>
        {
            var sum = 0;
            for (var i = 0; i < ChainLength; i++)
            {
                sum += Number(await context.CallActivityAsync("Effect", Text(i)));
                if (i % 3 == 0)
                {
                    await context.CreateTimerAsync(context.CurrentUtc + TimeSpan.FromMilliseconds(20), CancellationToken.None);
                }
            }

            var rest = await Task.WhenAll(Enumerable.Range(ChainLength, FanOut).Select(i => context.CallActivityAsync("Effect", Text(i))));
            return Text(sum + rest.Sum(Number));
        }),
        new DelegateOrchestration("Once", async (context, input) => await context.CallActivityAsync("Effect", input)),
        new DelegateOrchestration("Gated", (context, _) => context.CallActivityAsync("Gate", "1")),
        new DelegateOrchestration("Crashing", (context, _) => context.CallActivityAsync("Crash", "1")),
    ];

    public static IReadOnlyList<IActivity> Activities(string effects) =>
    [
        new DelegateActivity("Effect", async (_, input, cancellationToken) =>
        {
            await File.AppendAllTextAsync(Path.Combine(effects, input), $"{Environment.ProcessId}\n", cancellationToken);

            // Long enough to be killed in the middle.
            await Task.Delay(20, cancellationToken);
            return input;
        }),
        new DelegateActivity("Gate", async (context, _, cancellationToken) =>
        {
            await File.WriteAllTextAsync(Path.Combine(effects, $"begun-{Environment.ProcessId}"), "", cancellationToken);
            context.Report(new ActivityProgress(1_000, 4_000));
            try
            {
                while (!File.Exists(Path.Combine(effects, "go")))
                {
                    await Task.Delay(10, cancellationToken);
                }
            }
            catch (OperationCanceledException)
            {
                await File.WriteAllTextAsync(Path.Combine(effects, $"stopped-{Environment.ProcessId}"), "", CancellationToken.None);
                throw;
            }

            return Text(Environment.ProcessId);
        }),
        new DelegateActivity("Crash", _ =>
        {
            Process.GetCurrentProcess().Kill();
            return "1";
        }),
    ];

    public static async Task<int> Main(string[] args)
    {
        using var stopping = new CancellationTokenSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stopping.Cancel();
        });
        using var journal = Journal.Open(args[0], TimeProvider.System);
        var options = new LocalWorkerOptions
        {
            PollInterval = TimeSpan.FromMilliseconds(10),
            Heartbeat = TimeSpan.FromMilliseconds(100),
            Lease = TimeSpan.FromSeconds(Number(args[2])),
            MaxStarts = Number(args[3]),
        };
        var worker = new LocalWorkflowWorker(
            journal, Orchestrations, Activities(args[1]), options, NullLogger<LocalWorkflowWorker>.Instance);
        await worker.RunAsync(stopping.Token);
        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
