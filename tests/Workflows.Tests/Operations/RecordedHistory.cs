using System.Text.Json;
using System.Text.Json.Serialization;
using TfeBackup.Local.Runtime;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Tests.Operations;

/// <summary>
/// A history as an operation left it, kept in a file: what later versions of the orchestrations have to reproduce, since operations may be under
/// way while the software is replaced.
/// </summary>
/// <param name="Instance">The operation's id.</param>
/// <param name="Orchestration">Its orchestration's name.</param>
/// <param name="Events">Its history, whole.</param>
internal sealed record RecordedHistory(string Instance, string Orchestration, IReadOnlyList<HistoryEvent> Events)
{
    /// <summary>Names a folder where somebody wants new recordings of everything that the tests run; otherwise nothing is kept.</summary>
    private const string Variable = "TFEBACKUP_TEST_RECORD";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Where the recordings lie.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Operations", "Histories");

    /// <summary>Reads a recording.</summary>
    public static RecordedHistory Read(string name) =>
        JsonSerializer.Deserialize<RecordedHistory>(File.ReadAllText(Path.Combine(Folder, name)), Format)!;

    /// <summary>Keeps a history where that is wanted.</summary>
    public static void Keep(WorkflowInstance instance, IReadOnlyList<HistoryEvent> history)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            var name = $"{instance.Name}-{instance.State}-{history.Count}.json";
            File.WriteAllText(Path.Combine(folder, name), JsonSerializer.Serialize(new RecordedHistory(instance.Id, instance.Name, history), Format) + "\n");
        }
    }
}
