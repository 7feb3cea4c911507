using DurableTask.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace DurableTask.Sqlite.Client;

/// <summary>From the types of DurableTask.Core to those of Microsoft.DurableTask, and back.</summary>
internal static class Conversions
{
    // The enumerations have the same members and values (tested).
    public static OrchestrationRuntimeStatus ToRuntimeStatus(this OrchestrationStatus status) => (OrchestrationRuntimeStatus)(int)status;

    public static OrchestrationStatus ToCore(this OrchestrationRuntimeStatus status) => (OrchestrationStatus)(int)status;

    public static OrchestrationStatus[]? ToDedupeStatuses(this IReadOnlyList<string>? names)
    {
        var statuses = names?.Select(name => Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status)
            ? status.ToCore()
            : throw new ArgumentException($"'{name}' is not a status to deduplicate by; expected one of {string.Join(", ", Enum.GetNames<OrchestrationRuntimeStatus>())}.")).ToArray();
        if (statuses?.Contains(OrchestrationStatus.Terminated) == true
            && !(statuses.Contains(OrchestrationStatus.Pending) && statuses.Contains(OrchestrationStatus.Running) && statuses.Contains(OrchestrationStatus.Suspended)))
        {
            throw new ArgumentException("Deduplicating by Terminated needs Pending, Running and Suspended too: an orchestration that is replaced while it runs is terminated.");
        }

        return statuses;
    }

    public static TaskFailureDetails? ToTaskFailureDetails(this FailureDetails? details) => details is null
        ? null
        : new TaskFailureDetails(
            details.ErrorType, details.ErrorMessage, details.StackTrace, details.InnerFailure.ToTaskFailureDetails(), details.Properties);

    public static OrchestrationMetadata ToMetadata(this OrchestrationState state, DataConverter? converter) =>
        new(state.Name, state.OrchestrationInstance.InstanceId)
        {
            DataConverter = converter,
            RuntimeStatus = state.OrchestrationStatus.ToRuntimeStatus(),
            CreatedAt = state.CreatedTime,
            LastUpdatedAt = state.LastUpdatedTime,
            SerializedInput = converter is null ? null : state.Input,
            SerializedOutput = converter is null ? null : state.Output,
            SerializedCustomStatus = converter is null ? null : state.Status,
            FailureDetails = converter is null ? null : state.FailureDetails.ToTaskFailureDetails(),
            Tags = state.Tags is null ? new Dictionary<string, string>() : state.Tags.AsReadOnly(),
        };
}
