using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Retention;

/// <summary>
/// Removes what need not be kept, and data without a record that is old enough. Run again it goes on where it was: what is gone is not listed
/// any more.
/// </summary>
internal sealed class PruneActivity(
    IInstallationProvider installations, IBackupStore store, IOperationClaims claims, OperationTimings timings, TimeProvider time)
    : Activity<PruneInput, RetentionReport>(WorkflowActivities.Prune)
{
    private const int MaxListed = 100;
    private const int MaxReason = 200;

    protected override async Task<RetentionReport> RunAsync(
        IActivityContext context, PruneInput input, CancellationToken cancellationToken)
    {
        var policy = input.Policy ?? installations.GetDefinition(input.Installation).Retention
            ?? throw new WorkflowException(
                WorkflowError.InvalidConfiguration,
                $"Installations:{input.Installation}:Retention is missing: every backup is kept; expected at least one of KeepLast, Daily, Weekly, Monthly, Yearly.");

        // The whole list before the first removal: half a list would keep the wrong ones.
        var (candidates, sizes) = await ListAsync(input.Installation, cancellationToken);
        var decisions = RetentionPlanner.Plan(candidates, policy);
        var removed = new List<BackupKey>();
        var refused = new List<RetentionEntry>();
        var bytes = 0L;
        foreach (var decision in decisions.Where(decision => !decision.Keep))
        {
            var key = decision.Backup.Key;
            var refusal = input.DryRun ? null : await TryRemoveAsync(context.InstanceId, key, cancellationToken);
            if (refusal is null)
            {
                removed.Add(key);
                bytes += sizes[key];
            }
            else
            {
                refused.Add(new RetentionEntry(key, OperationRun.Shorten(refusal, MaxReason)));
            }
        }

        var orphans = new List<BackupKey>();
        await foreach (var orphan in store.ListOrphansAsync(input.Installation, cancellationToken))
        {
            if (time.GetUtcNow() - orphan.LastWritten <= timings.OrphanAge)
            {
                continue;
            }

            var refusal = input.DryRun ? null : await TryRemoveAsync(context.InstanceId, orphan.Key, cancellationToken);
            if (refusal is null)
            {
                orphans.Add(orphan.Key);
                bytes += orphan.Size;
            }
            else
            {
                refused.Add(new RetentionEntry(orphan.Key, OperationRun.Shorten(refusal, MaxReason)));
            }
        }

        var kept = decisions.Where(decision => decision.Keep).ToArray();
        return new RetentionReport
        {
            DryRun = input.DryRun,
            KeptCount = kept.Length,
            Kept = [.. kept.Take(MaxListed).Select(decision => new RetentionEntry(decision.Backup.Key, string.Join(", ", decision.Reasons)))],
            RemovedCount = removed.Count,
            Removed = [.. removed.Take(MaxListed)],
            Refused = [.. refused.Take(MaxListed)],
            Orphans = [.. orphans.Take(MaxListed)],
            Bytes = bytes,
        };
    }

    private async Task<(List<RetentionCandidate> Candidates, Dictionary<BackupKey, long> Sizes)> ListAsync(
        string installation, CancellationToken cancellationToken)
    {
        var candidates = new List<RetentionCandidate>();
        var sizes = new Dictionary<BackupKey, long>();
        await foreach (var record in store.ListAsync(installation, cancellationToken))
        {
            var verified = true;
            await foreach (var check in store.ListChecksAsync(record.Key, cancellationToken))
            {
                verified = check.Passed;
            }

            candidates.Add(new RetentionCandidate(record.Key, record.Started, record.Purpose, verified));
            sizes.Add(record.Key, record.Size);
        }

        return (candidates, sizes);
    }

    /// <returns>Null when it is gone; otherwise why it stays.</returns>
    private async Task<string?> TryRemoveAsync(string operationId, BackupKey key, CancellationToken cancellationToken)
    {
        var resource = OperationResources.Backup(key);
        if (await claims.TryAcquireAsync(new ClaimRequest(resource, operationId, Exclusive: true), cancellationToken) is { } holder)
        {
            return $"in use by {holder}";
        }

        try
        {
            await store.DeleteAsync(key, cancellationToken);
            return null;
        }
        catch (WorkflowException e) when (e.Error == WorkflowError.Immutable)
        {
            return e.Message;
        }
        finally
        {
            await claims.ReleaseAsync(resource, operationId, CancellationToken.None);
        }
    }
}
