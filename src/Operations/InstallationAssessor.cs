using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations;

/// <summary>
/// Assesses every installation: whether it has a recent verified backup, and what else needs attention. Read-only.
/// </summary>
/// <param name="installations">The installations.</param>
/// <param name="store">Has their backups.</param>
/// <param name="queries">Knows the operations.</param>
/// <param name="time">The clock.</param>
public sealed class InstallationAssessor(
    IReadOnlyCollection<InstallationDefinition> installations, IBackupStore store, OperationQueries queries, TimeProvider time)
{
    private readonly InstallationStateReader _reader = new(store);

    /// <summary>Assesses installations.</summary>
    /// <param name="installation">One by name; null for all.</param>
    /// <param name="isInterrupted">Tells that nobody works on an operation that has not ended, in hosts that know; null in others.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<IReadOnlyList<InstallationAssessment>> AssessAsync(
        string? installation, Func<OperationInstance, bool>? isInterrupted, CancellationToken cancellationToken)
    {
        var operations = new List<OperationInstance>();
        await foreach (var operation in queries.ListAsync(new OperationQuery { Limit = int.MaxValue }, cancellationToken))
        {
            operations.Add(operation);
        }

        var assessments = new List<InstallationAssessment>();
        foreach (var definition in installations.Where(one => installation is null || one.Name == installation).OrderBy(one => one.Name, StringComparer.Ordinal))
        {
            assessments.Add(await AssessAsync(
                definition, [.. operations.Where(operation => operation.Status?.Installation == definition.Name)], isInterrupted, cancellationToken));
        }

        return assessments;
    }

    private async Task<InstallationAssessment> AssessAsync(
        InstallationDefinition definition,
        IReadOnlyList<OperationInstance> operations,
        Func<OperationInstance, bool>? isInterrupted,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var faults = new List<(AssessmentLevel Level, string Reason)>();
        InstallationState? state = null;
        try
        {
            state = await _reader.ReadAsync(definition, null, now, cancellationToken);
            faults.AddRange(BackupFaults(definition, IsTarget(definition.Name), state, now));
            faults.AddRange(DrillFaults(definition, state, now));
        }
        catch (OperationException e)
        {
            faults.Add((AssessmentLevel.Unknown, e.Message));
        }

        faults.AddRange(OperationFaults(operations, state, isInterrupted));
        return new InstallationAssessment
        {
            Installation = definition.Name,
            Level = faults.Select(fault => fault.Level).DefaultIfEmpty(AssessmentLevel.Ok).MaxBy(InstallationAssessment.Severity),
            Reasons = [.. faults.OrderByDescending(fault => InstallationAssessment.Severity(fault.Level)).Select(fault => fault.Reason)],
            State = state,
            Age = now - state?.LastVerifiedTime,
            Rpo = definition.Rpo,
            NextBackup = definition.Schedule?.NextAfter(now),
            NextDrill = definition.Drill?.Schedule?.NextAfter(now),
            Operations = [.. operations.Where(operation => operation.State == OperationState.Running)],
        };
    }

    // A scratch installation needs no backups.
    private bool IsTarget(string name) => installations.Any(other => other.Drill?.Into == name);

    private static IEnumerable<(AssessmentLevel Level, string Reason)> BackupFaults(
        InstallationDefinition definition, bool isTarget, InstallationState state, DateTimeOffset now)
    {
        if (state.LastVerifiedTime is not { } newest)
        {
            if (state.NewestFailed is { } bad)
            {
                yield return (AssessmentLevel.Critical, $"There is no verified backup: the last check of {bad} failed.");
            }
            else if (definition.Schedule is not null || definition.Rpo is not null)
            {
                yield return (AssessmentLevel.Critical, "There is no backup.");
            }
            else if (!isTarget)
            {
                yield return (AssessmentLevel.Warning, "There is no backup, and none is due: it has no Schedule and no Rpo.");
            }

            yield break;
        }

        if (state.IsOverdue(definition, now))
        {
            yield return (AssessmentLevel.Critical, $"The newest verified backup is older than the RPO of {Text.Duration(definition.Rpo!.Value)}.");
        }
        else if (definition.Rpo is null && definition.Schedule is { } schedule && now - newest > 2 * schedule.LongestGap(newest))
        {
            yield return (AssessmentLevel.Warning, $"The newest verified backup is older than two intervals of Schedule ({schedule}).");
        }

        if (state.NewestFailed is { } failed)
        {
            yield return (AssessmentLevel.Warning, $"The last check of {failed}, the newest backup, failed; a restore takes {state.LastVerified}.");
        }
    }

    private static IEnumerable<(AssessmentLevel Level, string Reason)> DrillFaults(
        InstallationDefinition definition, InstallationState state, DateTimeOffset now)
    {
        // If no drill has passed yet, count from the first backup.
        if (definition.Drill?.Schedule is { } schedule && (state.LastDrillTime ?? state.OldestTime) is { } last && now - last > 2 * schedule.LongestGap(last))
        {
            yield return (AssessmentLevel.Warning, $"No drill has passed within two intervals of Drill:Schedule ({schedule}).");
        }
    }

    private static IEnumerable<(AssessmentLevel Level, string Reason)> OperationFaults(
        IReadOnlyList<OperationInstance> operations, InstallationState? state, Func<OperationInstance, bool>? isInterrupted)
    {
        foreach (var operation in operations.Where(operation => operation.State == OperationState.Running))
        {
            if (operation.Status?.Waiting is { } waiting)
            {
                yield return (AssessmentLevel.Warning, $"Operation {operation.Id} waits for an operator: {waiting.Message}");
            }
            else if (isInterrupted?.Invoke(operation) == true)
            {
                yield return (AssessmentLevel.Warning, $"Operation {operation.Id} was interrupted, and nobody works on it.");
            }
        }

        var last = operations.FirstOrDefault(operation => operation.Name == BackupOrchestrator.OrchestrationName && operation.State != OperationState.Running);
        if (last is { State: OperationState.Failed, Failure: { } failure } && failure.Error is not (OperationError.Cancelled or OperationError.Busy)
            && !(state?.LastVerifiedTime > last.Created))
        {
            yield return (AssessmentLevel.Warning, $"The last backup failed ({last.Id}): {failure.Message}");
        }
    }
}
