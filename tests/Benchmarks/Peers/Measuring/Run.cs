namespace TfeBackup.Benchmarks.Peers.Measuring;

/// <summary>A run that is being measured, for what only it can know.</summary>
internal sealed class Run
{
    /// <summary>The time of the part that counts, where that is not the whole.</summary>
    public double? Seconds { get; set; }

    /// <summary>The largest resident set of the program, in bytes.</summary>
    public long PeakMemory { get; set; }
}
