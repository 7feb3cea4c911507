using System.Diagnostics;
using System.Globalization;

namespace TfeBackup.Demo;

/// <summary>Tells what happens: steps, the commands as an operator types them, and what was found.</summary>
internal sealed class Narrator(TextWriter output)
{
    private const int TimeColumn = 100;

    private readonly Stopwatch _sinceStep = new();
    private int _step;

    /// <summary>Differences found so far.</summary>
    public int Differences { get; private set; }

    public void Step(string what)
    {
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{++_step}  {what}"));
        _sinceStep.Restart();
    }

    public void Command(string command)
    {
        var lines = command.Split('\n');
        output.WriteLine($"   $ {lines[0]}");
        foreach (var line in lines[1..])
        {
            output.WriteLine($"     {line}");
        }
    }

    public void Found(string what)
    {
        foreach (var line in what.TrimEnd().Split('\n'))
        {
            output.WriteLine($"     {line}");
        }
    }

    /// <summary>Like <see cref="Found"/>, with the time since the step began.</summary>
    public void Done(string what) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"     {what.PadRight(TimeColumn)}{_sinceStep.Elapsed.TotalSeconds,7:0.0} s"));

    /// <summary>Says whether something is as it has to be.</summary>
    public void Check(bool holds, string what)
    {
        output.WriteLine($"     {(holds ? "ok " : "NOT")}  {what}");
        Differences += holds ? 0 : 1;
    }
}
