using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations;

/// <summary>Finds out from a store how an installation's backups are.</summary>
internal sealed class InstallationStateReader(IBackupStore store)
{
    /// <summary>Reads the records of an installation, and of the checks as many as it takes.</summary>
    /// <param name="installation">Which installation.</param>
    /// <param name="known">What was found the last time; null at the first.</param>
    /// <param name="now">The time (UTC).</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<InstallationState> ReadAsync(
        InstallationDefinition installation, InstallationState? known, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var newestFirst = new Stack<(BackupKey Key, DateTimeOffset Time, long Size)>();
        var (stored, bytes) = (0, 0L);
        DateTimeOffset? oldest = null;
        await foreach (var record in store.ListAsync(installation.Name, cancellationToken))
        {
            stored++;
            bytes += record.Size;
            oldest ??= record.Started;
            if (record.Purpose != BackupPurpose.Safety)
            {
                newestFirst.Push((record.Key, record.Started, record.Size));
            }
        }

        var state = new InstallationState
        {
            Installation = installation.Name,
            Listed = now,
            Stored = stored,
            StoredBytes = bytes,
            OldestTime = oldest,
        };

        // Newest first: read checks until a good backup is found and, if drills are held, the newest drill. A drill uses the newest backup of its
        // time, so no later drill can belong to an older backup.
        var drilled = installation.Drill is null ? null : known?.LastDrillTime;
        var lookForDrill = installation.Drill is not null;
        foreach (var (key, started, size) in newestFirst)
        {
            var passed = true;
            await foreach (var check in store.ListChecksAsync(key, cancellationToken))
            {
                passed = check.Verdict ?? passed;
                if (check is { Kind: CheckKind.Drill, Passed: true } && !(check.Time <= drilled))
                {
                    drilled = check.Time;
                }
            }

            if (passed && state.LastVerified is null)
            {
                state = state with { LastVerified = key, LastVerifiedTime = started, LastVerifiedSize = size };
            }
            else if (state.LastVerified is null)
            {
                state = state with { NewestFailed = state.NewestFailed ?? key };
            }

            lookForDrill &= drilled is null || started >= drilled;
            if (state.LastVerified is not null && !lookForDrill)
            {
                break;
            }
        }

        return state with { LastDrillTime = drilled };
    }
}
