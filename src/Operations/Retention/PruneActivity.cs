using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Retention;

/// <summary>
/// Removes what need not be kept, and data without a record that is old enough. Run again it goes on where it was: what is gone is not listed
/// any more.
/// </summary>
internal sealed class PruneActivity(
    IInstallationProvider installations, IBackupStore store, IOperationClaims claims, OperationTelemetry telemetry, OperationTimings timings, TimeProvider time, ActivityServices services)
    : OperationActivity<PruneInput, RetentionReport>(services)
{
    public static readonly ActivityName<PruneInput, RetentionReport> Call = new("Prune");

    private const int MaxListed = 100;
    private const int MaxReason = 200;

    protected override string? InstallationOf(PruneInput input) => input.Installation;

    protected override bool Changes(PruneInput input) => !input.DryRun;

    private protected override async Task<RetentionReport> RunAsync(ActivityRun run, PruneInput input, CancellationToken cancellationToken)
    {
        var policy = input.Policy ?? installations.GetDefinition(input.Installation).Retention
            ?? throw new OperationException(
                OperationError.InvalidConfiguration,
                $"Installations:{input.Installation}:Retention is missing: every backup is kept; expected at least one of KeepLast, Daily, Weekly, Monthly, Yearly.");

        // Read the whole list before removing anything: a partial list would keep the wrong backups.
        var (candidates, sizes) = await ListAsync(input.Installation, cancellationToken);
        var decisions = RetentionPlanner.Plan(candidates, policy);
        var removed = new List<BackupKey>();
        var refused = new List<RetentionEntry>();
        var bytes = 0L;
        foreach (var decision in decisions.Where(decision => !decision.Keep))
        {
            var key = decision.Backup.Key;
            if (await TryRemoveAsync(run.OperationId, key, input.DryRun, cancellationToken) is { } refusal)
            {
                refused.Add(refusal);
            }
            else
            {
                removed.Add(key);
                bytes += sizes[key];
            }
        }

        var orphans = new List<BackupKey>();
        await foreach (var orphan in store.ListOrphansAsync(input.Installation, cancellationToken))
        {
            if (time.GetUtcNow() - orphan.LastWritten <= timings.OrphanAge)
            {
                continue;
            }

            if (await TryRemoveAsync(run.OperationId, orphan.Key, input.DryRun, cancellationToken) is { } refusal)
            {
                refused.Add(refusal);
            }
            else
            {
                orphans.Add(orphan.Key);
                bytes += orphan.Size;
            }
        }

        var kept = decisions.Where(decision => decision.Keep).ToArray();
        var immutable = refused.Count(entry => entry.Immutable);
        telemetry.Events.RetentionApplied(
            run.OperationId, input.Installation, input.DryRun, kept.Length, removed.Count, orphans.Count, bytes, immutable, refused.Count - immutable);
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
                verified = check.Verdict ?? verified;
            }

            candidates.Add(new RetentionCandidate(record.Key, record.Started, record.Purpose, verified, record.Format == BackupFormat.Archive));
            sizes.Add(record.Key, record.Size);
        }

        return (candidates, sizes);
    }

    /// <returns>Null when it is gone, or would be; otherwise why it stays.</returns>
    private async Task<RetentionEntry?> TryRemoveAsync(string operationId, BackupKey key, bool dryRun, CancellationToken cancellationToken)
    {
        // Check first, rather than have the store refuse years of immutable backups every night.
        var stored = await store.FindDataAsync(key, cancellationToken);
        if (stored?.LegalHold == true)
        {
            return new RetentionEntry(key, "under legal hold", Immutable: true);
        }

        if (stored?.ImmutableUntil is { } until && until > time.GetUtcNow())
        {
            return new RetentionEntry(key, $"immutable until {until.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC", Immutable: true, until);
        }

        return dryRun ? null : await RemoveAsync(operationId, key, cancellationToken);
    }

    private async Task<RetentionEntry?> RemoveAsync(string operationId, BackupKey key, CancellationToken cancellationToken)
    {
        var resource = OperationResources.Backup(key);
        if (await claims.TryAcquireAsync(new ClaimRequest(resource, operationId, Exclusive: true), cancellationToken) is { } holder)
        {
            return new RetentionEntry(key, $"in use by {holder}");
        }

        try
        {
            await store.DeleteAsync(key, cancellationToken);
            return null;
        }
        catch (OperationException e) when (e.Error == OperationError.Immutable)
        {
            return new RetentionEntry(key, Text.Shorten(e.Message, MaxReason), Immutable: true);
        }
        finally
        {
            await claims.ReleaseAsync(resource, operationId, CancellationToken.None);
        }
    }
}
