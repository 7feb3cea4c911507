using System.Diagnostics;

namespace TfeBackup.Benchmarks.Peers.Measuring;

/// <summary>One piece of work, done in turns by this project's programs and by others.</summary>
/// <param name="suite">The suite it belongs to.</param>
/// <param name="work">What is done, such as <c>backup</c>.</param>
/// <param name="servers">The process ids of the servers that do a part of it.</param>
internal sealed class Contest(string suite, string work, Func<IEnumerable<int>> servers)
{
    /// <summary>The name of this project's program; the others' times are put in relation to its.</summary>
    public const string Ours = "ours";

    private readonly List<Competitor> _competitors = [];

    /// <summary>The suite it belongs to.</summary>
    public string Suite => suite;

    /// <summary>What is done.</summary>
    public string Work => work;

    /// <summary>Who takes part, ours first.</summary>
    public IReadOnlyList<Competitor> Competitors => _competitors;

    /// <summary>What else is to be said of it, such as the number of requests.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Adds one who takes part.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="run">Does the work.</param>
    /// <param name="prepare">Comes before each run and is not measured.</param>
    public void Add(string name, Func<Run, Task> run, Func<Task>? prepare = null) => _competitors.Add(new Competitor(name, run, prepare));

    /// <summary>Runs all in turns, each second round the other way round.</summary>
    public async Task RunAsync(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var competitor in round % 2 == 0 ? _competitors : Enumerable.Reverse(_competitors))
            {
                await (competitor.Prepare?.Invoke() ?? Task.CompletedTask);
                competitor.Costs.Add(await MeasureAsync(competitor.Run));
            }
        }
    }

    /// <summary>Adds what was measured elsewhere.</summary>
    public void Record(string name, Cost cost)
    {
        var competitor = _competitors.Find(known => known.Name == name);
        if (competitor is null)
        {
            competitor = new Competitor(name, static _ => Task.CompletedTask, null);
            _competitors.Add(competitor);
        }

        competitor.Costs.Add(cost);
    }

    /// <summary>Measures one run.</summary>
    public async Task<Cost> MeasureAsync(Func<Run, Task> work)
    {
        var run = new Run();
        var before = Clock.Read(servers());
        var watch = Stopwatch.StartNew();
        await work(run);
        var seconds = watch.Elapsed.TotalSeconds;
        var after = Clock.Read(servers());
        return new Cost(
            run.Seconds ?? seconds,
            Math.Max(0, after.Program - before.Program),
            after.Servers - before.Servers,
            after.Own - before.Own,
            run.PeakMemory);
    }

    /// <summary>One who takes part, and what its runs took.</summary>
    internal sealed record Competitor(string Name, Func<Run, Task> Run, Func<Task>? Prepare)
    {
        public List<Cost> Costs { get; } = [];

        /// <summary>The median of a figure.</summary>
        public double Median(Func<Cost, double> figure)
        {
            var sorted = Costs.Select(figure).Order().ToArray();
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    private readonly record struct Clock(double Program, double Servers, double Own)
    {
        public static Clock Read(IEnumerable<int> servers)
        {
            var ofServers = ProcessorTime.OfTrees(servers);
            var own = Environment.CpuUsage.TotalTime.TotalSeconds;
            return new Clock(ProcessorTime.OfTrees(Environment.ProcessId) - ofServers - own, ofServers, own);
        }
    }
}
