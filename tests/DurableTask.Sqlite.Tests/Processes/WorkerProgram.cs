using System.Diagnostics;
using System.Globalization;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite.Tests.Processes;

/// <summary>
/// A worker in a process of its own, for tests to kill: <c>dotnet DurableTask.Sqlite.Tests.dll FILE EFFECTS LOCK_SECONDS MAX_ATTEMPTS</c>.
/// What its activities do to the world is a line in a file each time. It ends with its parent, whose end closes its standard input.
/// </summary>
public static class WorkerProgram
{
    public const int ChainLength = 40;
    public const int FanOut = 4;

    public static async Task Main(string[] args)
    {
        new Thread(() =>
        {
            _ = Console.In.ReadToEnd();
            Process.GetCurrentProcess().Kill();
        })
        { IsBackground = true }.Start();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Information);
        builder.Services.AddSingleton(new Effects(args[1]));
        builder.Services.AddDurableTaskWorker(worker =>
        {
            worker.AddTasks(Register);
            worker.UseSqlite(sqlite =>
            {
                sqlite.Path = args[0];
                sqlite.WorkItemLockTimeout = TimeSpan.FromSeconds(int.Parse(args[2], CultureInfo.InvariantCulture));
                sqlite.MaxActivityAttempts = int.Parse(args[3], CultureInfo.InvariantCulture);
                sqlite.PollingInterval = TimeSpan.FromMilliseconds(20);
            });
        });
        await builder.Build().RunAsync();
    }

    public static ITaskOrchestrator Chain() => new ChainOrchestrator();

    private static void Register(DurableTaskRegistry tasks) => tasks
        .AddOrchestrator<ChainOrchestrator>()
        .AddOrchestratorFunc<string, string>("Once", (context, input) => context.CallActivityAsync<string>("Effect", input))
        .AddOrchestratorFunc<string>("Gated", context => context.CallActivityAsync<string>("Gate"))
        .AddOrchestratorFunc<string>("Crashing", context => context.CallActivityAsync<string>("Crash"))
        .AddActivity<Effect>()
        .AddActivity<Gate>()
        .AddActivityFunc<string>("Crash", _ =>
        {
            Process.GetCurrentProcess().Kill();
            return "";
        });

    internal sealed record Effects(string Folder)
    {
        public string PathOf(string name) => Path.Combine(Folder, name);
    }

    [DurableTask("Chain")]
    private sealed class ChainOrchestrator : TaskOrchestrator<string, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, string input)
        {
            var sum = 0;
            for (var i = 0; i < ChainLength; i++)
            {
                var effect = i % 10 == 5
                    ? context.CallSubOrchestratorAsync<string>("Once", $"{i}")
                    : context.CallActivityAsync<string>("Effect", $"{i}");
                sum += int.Parse(await effect, CultureInfo.InvariantCulture);
                if (i % 3 == 0)
                {
                    await context.CreateTimer(TimeSpan.FromMilliseconds(20), CancellationToken.None);
                }
            }

            var rest = await Task.WhenAll(Enumerable.Range(ChainLength, FanOut).Select(i => context.CallActivityAsync<string>("Effect", $"{i}")));
            return sum + rest.Sum(text => int.Parse(text, CultureInfo.InvariantCulture));
        }
    }

    [DurableTask("Effect")]
    private sealed class Effect(Effects effects) : TaskActivity<string, string>
    {
        public override async Task<string> RunAsync(TaskActivityContext context, string input)
        {
            await File.AppendAllTextAsync(effects.PathOf(input), $"{Environment.ProcessId}\n");

            // Long enough to be killed in the middle.
            await Task.Delay(20);
            return input;
        }
    }

    /// <summary>Runs until there is a file "go" or the host stops.</summary>
    [DurableTask("Gate")]
    private sealed class Gate(Effects effects, IHostApplicationLifetime lifetime) : TaskActivity<string?, string>
    {
        public override async Task<string> RunAsync(TaskActivityContext context, string? input)
        {
            await File.AppendAllTextAsync(effects.PathOf($"begun-{Environment.ProcessId}"), "");
            while (!File.Exists(effects.PathOf("go")))
            {
                await Task.Delay(10, lifetime.ApplicationStopping);
            }

            return $"{Environment.ProcessId}";
        }
    }
}
