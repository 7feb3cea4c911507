using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TfeBackup.Benchmarks.Peers.Measuring;

/// <summary>Prints what was measured, and keeps it for the table and the JSON at the end.</summary>
internal sealed class Report(double scale, int rounds)
{
    private readonly List<Contest> _contests = [];
    private readonly List<string> _skipped = [];
    private readonly string _load = Load();

    /// <summary>Says what is not measured, and why.</summary>
    public void Skip(string what)
    {
        if (!_skipped.Contains(what))
        {
            _skipped.Add(what);
            Console.WriteLine($"skipped: {what}");
        }
    }

    /// <summary>Prints a contest that has ended.</summary>
    public void Add(Contest contest)
    {
        _contests.Add(contest);
        Console.WriteLine($"{Environment.NewLine}{contest.Suite}: {contest.Work} (load {Load()})");
        Console.WriteLine($"  {"",-34} seconds  ratio   program  servers   client   peak MB   all runs");
        foreach (var competitor in contest.Competitors)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {competitor.Name,-34} {competitor.Median(Seconds),7:F2} {Ratio(contest, competitor),6:F2}   {competitor.Median(c => c.Program),7:F2}  {competitor.Median(c => c.Servers),7:F2}  {competitor.Median(c => c.Client),7:F2}   {Peak(competitor) / 1e6,7:F0}   {string.Join(' ', competitor.Costs.Select(cost => cost.Seconds.ToString("F2", CultureInfo.InvariantCulture)))}"));
        }

        foreach (var note in contest.Notes)
        {
            Console.WriteLine($"  {note}");
        }
    }

    /// <summary>Prints everything as one table in Markdown.</summary>
    public void PrintTable()
    {
        Console.WriteLine();
        Console.WriteLine($"{Environment.ProcessorCount} cores, load average {_load} at the start and {Load()} at the end, scale {scale.ToString(CultureInfo.InvariantCulture)}, medians of {rounds}.");
        Console.WriteLine();
        Console.WriteLine("| work | beside | ours, s | theirs, s | ratio | our CPU, s | peak, MB |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var contest in _contests)
        {
            var ours = contest.Competitors[0];
            foreach (var other in contest.Competitors.Count == 1 ? [ours] : contest.Competitors.Skip(1))
            {
                var beside = other == ours ? ["", "", ""] : (string[])[other.Name.Replace("|", "\\|", StringComparison.Ordinal), Text(other.Median(Seconds), "F1"), Text(Ratio(contest, other), "F2")];
                Console.WriteLine(
                    $"| {contest.Suite}: {contest.Work} | {beside[0]} | {Text(ours.Median(Seconds), "F1")} | {beside[1]} | {beside[2]} | {Text(ours.Median(c => c.Program), "F1")} | {(Peak(ours) > 0 ? Text(Peak(ours) / 1e6, "F0") : "")} |");
            }
        }
    }

    /// <summary>Writes everything as JSON.</summary>
    public Task WriteAsync(string path) => File.WriteAllTextAsync(
        path,
        new JsonObject
        {
            ["cores"] = Environment.ProcessorCount,
            ["loadAtStart"] = _load,
            ["loadAtEnd"] = Load(),
            ["scale"] = scale,
            ["rounds"] = rounds,
            ["skipped"] = new JsonArray([.. _skipped.Select(static what => (JsonNode)what)]),
            ["contests"] = new JsonArray([.. _contests.Select(static contest => (JsonNode)new JsonObject
            {
                ["suite"] = contest.Suite,
                ["work"] = contest.Work,
                ["notes"] = new JsonArray([.. contest.Notes.Select(static note => (JsonNode)note)]),
                ["competitors"] = new JsonArray([.. contest.Competitors.Select(competitor => (JsonNode)new JsonObject
                {
                    ["name"] = competitor.Name,
                    ["ratio"] = Math.Round(Ratio(contest, competitor), 3),
                    ["seconds"] = Numbers(competitor, Seconds),
                    ["programSeconds"] = Numbers(competitor, static cost => cost.Program),
                    ["serverSeconds"] = Numbers(competitor, static cost => cost.Servers),
                    ["clientSeconds"] = Numbers(competitor, static cost => cost.Client),
                    ["peakBytes"] = Numbers(competitor, static cost => cost.PeakMemory),
                })]),
            })]),
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));

    private static double Seconds(Cost cost) => cost.Seconds;

    private static double Ratio(Contest contest, Contest.Competitor competitor) => competitor.Median(Seconds) / contest.Competitors[0].Median(Seconds);

    private static long Peak(Contest.Competitor competitor) => competitor.Costs.Max(static cost => cost.PeakMemory);

    private static JsonArray Numbers(Contest.Competitor competitor, Func<Cost, double> figure) =>
        new([.. competitor.Costs.Select(cost => (JsonNode)Math.Round(figure(cost), 3))]);

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);
}
