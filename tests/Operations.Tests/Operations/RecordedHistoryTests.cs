using DurableTask.Core.History;
using DurableTask.Sqlite.History;

namespace TfeBackup.Operations.Tests.Operations;

/// <summary>
/// Histories of earlier versions are reproduced by this one, entry by entry. A recording is never made anew to let a change pass: the change gets
/// a name of its own, or waits for operations to end.
/// </summary>
public sealed class RecordedHistoryTests
{
    public static TheoryData<string> All => [.. Names];

    private static IEnumerable<string> Names =>
        Directory.GetFiles(Recordings.Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(All))]
    public void A_recorded_history_is_reproduced_whole(string name) => Assert.NotEqual(0, Recordings.Verify(Recordings.Read(name)));

    [Fact]
    public void Every_orchestration_has_a_recording() =>
        Assert.Equal(
            Recordings.Orchestrators.Keys.Order(StringComparer.Ordinal),
            Names.Select(name => Recordings.NameOf(Recordings.Read(name))).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(All))]
    public void A_history_that_has_been_tampered_with_is_not(string name)
    {
        var history = Recordings.Read(name);
        foreach (var scheduled in history.OfType<TaskScheduledEvent>().Skip(1).Take(1))
        {
            scheduled.Name = "Other";
        }

        var caught = Assert.Throws<HistoryMismatchException>(() => Recordings.Verify(history));

        Assert.Contains(Recordings.NameOf(history), caught.Message, StringComparison.Ordinal);
        Assert.Contains("Other", caught.Message, StringComparison.Ordinal);
    }
}
