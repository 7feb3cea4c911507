using TfeBackup.Local.Runtime;

namespace TfeBackup.Workflows.Tests.Operations;

/// <summary>
/// Histories of earlier versions are reproduced by this one, entry by entry. A recording is never made anew to let a change pass: the change gets
/// a name of its own, or waits for operations to end.
/// </summary>
public sealed class RecordedHistoryTests
{
    public static TheoryData<string> Recordings => [.. Names];

    private static IEnumerable<string> Names =>
        Directory.GetFiles(RecordedHistory.Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Recordings))]
    public void A_recorded_history_is_reproduced_whole_and_up_to_every_entry(string name)
    {
        var recorded = RecordedHistory.Read(name);
        var orchestration = WorkflowCatalog.Orchestrations.Single(o => o.Name == recorded.Orchestration);

        for (var length = 1; length <= recorded.Events.Count; length++)
        {
            Assert.Equal(length, ReplayVerifier.Verify(orchestration, recorded.Instance, recorded.Events.Take(length)));
        }
    }

    [Fact]
    public void Every_orchestration_has_a_recording() =>
        Assert.Equal(
            WorkflowCatalog.Orchestrations.Select(orchestration => orchestration.Name).Order(StringComparer.Ordinal),
            Names.Select(name => RecordedHistory.Read(name).Orchestration).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Recordings))]
    public void A_history_that_has_been_tampered_with_is_not(string name)
    {
        var recorded = RecordedHistory.Read(name);
        var orchestration = WorkflowCatalog.Orchestrations.Single(o => o.Name == recorded.Orchestration);
        var tampered = recorded.Events.Select(entry => entry.Kind == HistoryEventKind.ActivityScheduled && entry.TaskId == 1 ? entry with { Name = "Other" } : entry);

        var caught = Assert.Throws<WorkflowException>(() => ReplayVerifier.Verify(orchestration, recorded.Instance, tampered));

        Assert.Equal(WorkflowError.NonDeterministic, caught.Error);
        Assert.Contains($"Orchestration {recorded.Orchestration} at event", caught.Message, StringComparison.Ordinal);
    }
}
