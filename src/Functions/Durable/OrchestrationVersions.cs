using System.Collections.Frozen;

namespace TfeBackup.Functions.Durable;

/// <summary>
/// Which function runs an orchestration. A function's name carries the version of its code, and an instance keeps the function it was started
/// with: code that no longer replays older histories becomes a further function, and the older one stays until none of its instances runs.
/// </summary>
internal static class OrchestrationVersions
{
    private const string Separator = "_v";

    // Orchestrations whose newest code is not their first.
    private static readonly FrozenDictionary<string, int> Newest = FrozenDictionary<string, int>.Empty;

    /// <summary>The function that new instances of an orchestration are started with.</summary>
    public static string FunctionOf(string orchestration) => $"{orchestration}{Separator}{Newest.GetValueOrDefault(orchestration, 1)}";

    /// <summary>The orchestration that a function runs.</summary>
    public static string OrchestrationOf(string function) =>
        function.LastIndexOf(Separator, StringComparison.Ordinal) is var end and > 0 ? function[..end] : function;
}
