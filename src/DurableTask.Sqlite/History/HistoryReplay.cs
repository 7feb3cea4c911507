using DurableTask.Core;
using DurableTask.Core.Command;
using DurableTask.Core.History;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;

namespace DurableTask.Sqlite.History;

/// <summary>
/// Proves that an orchestrator's code still reproduces a recorded history: every activity, timer, sub-orchestration and event it asked for, with
/// names, inputs and times, and its outcome. Run over histories of earlier versions, it tells whether what they began can be finished by this one.
/// </summary>
public static class HistoryReplay
{
    /// <summary>Replays a history, of an orchestration that has ended or still runs.</summary>
    /// <param name="orchestrator">A new instance of the orchestrator.</param>
    /// <param name="history">The history; see <see cref="RecordedHistory"/>.</param>
    /// <param name="options">The worker's options where they matter for what is recorded: the data converter, the longest timer.</param>
    /// <returns>How many actions were reproduced.</returns>
    /// <exception cref="ArgumentException">The history does not begin with the start of an orchestration.</exception>
    /// <exception cref="HistoryMismatchException">The code does something else than what is recorded; the message names both.</exception>
    public static int Verify(ITaskOrchestrator orchestrator, IEnumerable<HistoryEvent> history, DurableTaskWorkerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        ArgumentNullException.ThrowIfNull(history);
        var turns = SplitTurns(history);
        if (turns.FirstOrDefault()?.OfType<ExecutionStartedEvent>().FirstOrDefault() is not { } started)
        {
            throw new ArgumentException("The history does not begin with the start of an orchestration.", nameof(history));
        }

        var parent = started.ParentInstance is { } p ? new ParentOrchestrationInstance(p.Name, p.OrchestrationInstance.InstanceId) : null;
        var orchestration = new DurableTaskShimFactory(options).CreateOrchestration(started.Name, orchestrator, parent);
        var state = new OrchestrationRuntimeState();
        var executor = (TaskOrchestrationExecutor?)null;
        var reproduced = 0;
        foreach (var turn in turns)
        {
            state.NewEvents.Clear();
            turn.Where(entry => !RecordedAction.IsAction(entry)).ToList().ForEach(state.AddEvent);
            var first = executor is null;
            executor ??= new TaskOrchestrationExecutor(
                state, orchestration, BehaviorOnContinueAsNew.Carryover, ErrorPropagationMode.UseFailureDetails);
            var actions = (first ? executor.Execute() : executor.ExecuteNewEvents()).Actions.ToList();
            reproduced += Compare(started, turn.Where(RecordedAction.IsAction).ToList(), actions);
        }

        return reproduced;
    }

    private static List<List<HistoryEvent>> SplitTurns(IEnumerable<HistoryEvent> history)
    {
        var turns = new List<List<HistoryEvent>>();
        foreach (var entry in history)
        {
            if (entry is OrchestratorStartedEvent || turns.Count == 0)
            {
                turns.Add([]);
            }

            turns[^1].Add(entry);
        }

        return turns;
    }

    private static int Compare(ExecutionStartedEvent started, List<HistoryEvent> recorded, List<OrchestratorAction> actions)
    {
        for (var i = 0; i < Math.Max(recorded.Count, actions.Count); i++)
        {
            var entry = i < recorded.Count ? recorded[i] : null;
            var was = entry is null ? "nothing" : RecordedAction.Describe(entry);
            var now = i < actions.Count ? RecordedAction.Describe(actions[i], entry) : "nothing";
            if (was != now)
            {
                throw new HistoryMismatchException(
                    $"Orchestrator {started.Name} does not reproduce its history ({started.OrchestrationInstance?.InstanceId}): recorded is {was}, the code asks for {now}.");
            }
        }

        return recorded.Count;
    }
}
