using System.Globalization;

namespace TfeBackup.Benchmarks.Peers.Measuring;

/// <summary>Processor time by the kernel's account (<c>/proc</c>), in seconds.</summary>
internal static class ProcessorTime
{
    private const double TicksPerSecond = 100;

    /// <summary>User and system time of processes, of all below them, and of those below that have ended.</summary>
    public static double OfTrees(params IEnumerable<int> roots)
    {
        var processes = Read();
        var children = processes.ToLookup(static process => process.Value.Parent, static process => process.Key);
        long ticks = 0;
        var left = new Stack<int>(roots);
        while (left.TryPop(out var id))
        {
            if (processes.TryGetValue(id, out var process))
            {
                ticks += process.Ticks;
            }

            foreach (var child in children[id])
            {
                left.Push(child);
            }
        }

        return ticks / TicksPerSecond;
    }

    private static Dictionary<int, (int Parent, long Ticks)> Read()
    {
        var processes = new Dictionary<int, (int, long)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            try
            {
                // What follows the name, which stands in brackets and may hold anything: state, parent, …; the 12th to 15th are times.
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                processes[id] = (int.Parse(fields[1], CultureInfo.InvariantCulture), fields[11..15].Sum(static field => long.Parse(field, CultureInfo.InvariantCulture)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return processes;
    }
}
