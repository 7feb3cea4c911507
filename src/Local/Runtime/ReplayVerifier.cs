using TfeBackup.Local.Runtime.Replay;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Runtime;

/// <summary>
/// Proves that an orchestration's code still reproduces a recorded history: every activity with its input, every timer with its due time,
/// and the outcome. Run over histories of earlier versions, it tells whether operations begun by them can be finished by this one.
/// </summary>
public static class ReplayVerifier
{
    /// <summary>Replays a history, whole or up to any point.</summary>
    /// <returns>How many entries were reproduced.</returns>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NonDeterministic"/>, naming the orchestration, the entry, and both sides.</exception>
    public static long Verify(IOrchestration orchestration, string instanceId, IEnumerable<HistoryEvent> history)
    {
        ArgumentNullException.ThrowIfNull(orchestration);
        ArgumentNullException.ThrowIfNull(history);
        var replay = new OrchestrationReplay(orchestration, instanceId, strict: true);
        var last = (HistoryEvent?)null;
        foreach (var entry in history)
        {
            replay.Replay(entry);
            last = entry;
        }

        // A history cut right after something was delivered lacks what the code asked for then.
        if (last is { IsAction: true })
        {
            replay.CheckEnd();
        }

        return replay.Sequence;
    }
}
