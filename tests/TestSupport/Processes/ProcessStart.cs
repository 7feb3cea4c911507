namespace TfeBackup.TestSupport.Processes;

/// <summary>How to start a supervised process.</summary>
/// <param name="File">The program: a path, or a name on the PATH.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="LogFile">Takes what it writes to standard output and error; appended to.</param>
public sealed record ProcessStart(string File, IReadOnlyList<string> Arguments, string LogFile)
{
    /// <summary>Changes to this process's own environment; null removes a variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = System.Collections.Immutable.ImmutableDictionary<string, string?>.Empty;

    /// <summary>The folder it runs in; this process's own where null.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The signal that stops it when the supervisor ends.</summary>
    public string StopSignal { get; init; } = "SIGTERM";

    /// <summary>The numeric user and group it runs as; null keeps this process's own.</summary>
    public int? RunAs { get; init; }
}
