using System.Text.RegularExpressions;
using DurableTask.Core.History;
using DurableTask.Sqlite.History;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Tests.Operations;

/// <summary>
/// Histories as operations left them, kept in files: what later versions of the orchestrators have to reproduce, since operations may be under
/// way while the software is replaced.
/// </summary>
internal static partial class Recordings
{
    /// <summary>Names a folder where somebody wants new recordings of everything that the tests run; otherwise nothing is kept.</summary>
    private const string Variable = "TFEBACKUP_TEST_RECORD";

    private static readonly DurableTaskWorkerOptions Options = new() { DataConverter = new JsonDataConverter(HistoryJson.Options) };

    /// <summary>Where the recordings lie.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Operations", "Histories");

    /// <summary>The orchestrators, by the names that histories hold.</summary>
    public static IReadOnlyDictionary<string, Func<ITaskOrchestrator>> Orchestrators { get; } = ReadRegistry();

    /// <summary>Reads a recording, with what is reported in it worded as it is now: engines compare activities by name and place, not by their inputs.</summary>
    public static IReadOnlyList<HistoryEvent> Read(string name) => RecordedHistory.Read(
        File.ReadAllText(Path.Combine(Folder, name)).Replace("was at work on", "was using", StringComparison.Ordinal));

    /// <summary>The name that a history's orchestration was started by.</summary>
    public static string NameOf(IEnumerable<HistoryEvent> history) => history.OfType<ExecutionStartedEvent>().First().Name!;

    /// <summary>Replays a history with the present code.</summary>
    public static int Verify(IReadOnlyList<HistoryEvent> history) => HistoryReplay.Verify(Orchestrators[NameOf(history)](), history, Options);

    /// <summary>Keeps a history where that is wanted.</summary>
    public static void Keep(OperationInstance instance, IReadOnlyList<HistoryEvent> history)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            var name = $"{instance.Name}-{instance.State}-{history.Count}.jsonl".ToLowerInvariant();
            File.WriteAllText(Path.Combine(folder, name), SourceLine().Replace(RecordedHistory.Write(history), ""));
        }
    }

    /// <summary>Where in the sources of the machine that recorded it a line of a stack trace is.</summary>
    [GeneratedRegex(@" in [^\\""]+:line \d+")]
    private static partial Regex SourceLine();

    private static Dictionary<string, Func<ITaskOrchestrator>> ReadRegistry()
    {
        var registry = new DurableTaskRegistry();
        registry.AddOperations();
        var services = new ServiceCollection().BuildServiceProvider();
        return registry.GetOrchestrators().ToDictionary(
            entry => entry.Key.Name, entry => (Func<ITaskOrchestrator>)(() => entry.Value(services)), StringComparer.Ordinal);
    }
}
