using System.Globalization;
using DurableTask.Core;
using DurableTask.Core.Command;
using DurableTask.Core.History;

namespace DurableTask.Sqlite.History;

/// <summary>An orchestrator's action, described alike as recorded and as its code requests it now.</summary>
internal static class RecordedAction
{
    public static bool IsAction(HistoryEvent entry) => entry
        is TaskScheduledEvent or TimerCreatedEvent or SubOrchestrationInstanceCreatedEvent or EventSentEvent or ExecutionCompletedEvent;

    public static string Describe(HistoryEvent entry) => entry switch
    {
        TaskScheduledEvent e => Activity(e.EventId, e.Name, e.Input),
        TimerCreatedEvent e => Timer(e.EventId, e.FireAt),
        SubOrchestrationInstanceCreatedEvent e => SubOrchestration(e.EventId, e.Name, e.InstanceId, e.Input),
        EventSentEvent e => Event(e.EventId, e.Name, e.InstanceId, e.Input),
        ExecutionCompletedEvent e => End(e.OrchestrationStatus, e.Result, e.FailureDetails),
        _ => entry.EventType.ToString(),
    };

    /// <summary>Describes an action; inputs only where they were recorded.</summary>
    public static string Describe(OrchestratorAction action, HistoryEvent? recorded) => action switch
    {
        ScheduleTaskOrchestratorAction a => Activity(a.Id, a.Name, recorded is TaskScheduledEvent { Input: null } ? null : a.Input),
        CreateTimerOrchestratorAction a => Timer(a.Id, a.FireAt),
        CreateSubOrchestrationAction a => SubOrchestration(
            a.Id, a.Name, a.InstanceId, recorded is SubOrchestrationInstanceCreatedEvent { Input: null } ? null : a.Input),
        SendEventOrchestratorAction a => Event(a.Id, a.EventName, a.Instance?.InstanceId, a.EventData),

        OrchestrationCompleteOrchestratorAction a => End(a.OrchestrationStatus, a.Result, a.FailureDetails),
        _ => action.OrchestratorActionType.ToString(),
    };

    private static string Activity(int id, string? name, string? input) => $"activity {name} (#{id}){With(input)}";

    private static string Timer(int id, DateTime fireAt) =>
        $"a timer (#{id}) for {fireAt.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)}";

    private static string SubOrchestration(int id, string? name, string? instanceId, string? input) =>
        $"sub-orchestration {name} (#{id}) as {instanceId}{With(input)}";

    private static string Event(int id, string? name, string? instanceId, string? input) => $"event {name} (#{id}) to {instanceId}{With(input)}";

    private static string End(OrchestrationStatus status, string? result, FailureDetails? failure) =>
        failure is null ? $"the end, {status}{With(result)}" : $"the end, {status} with {failure.ErrorType}: {failure.ErrorMessage}";

    private static string With(string? input) => input is null ? "" : $" with {input}";
}
