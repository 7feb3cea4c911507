using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations.Steps;

/// <summary>Finds the backup an operator means.</summary>
public sealed class BackupFinder(IBackupStore store)
{
    private const string Latest = "latest";

    /// <summary>Finds one backup by what an operator typed.</summary>
    /// <param name="text">
    /// <c>installation/id</c>; an id alone; <c>installation/latest</c>; or <c>latest</c>: the newest of the only installation that has any.
    /// </param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>The record, and what to tell the operator about the choice, if anything.</returns>
    /// <remarks>
    /// "latest" passes over backups whose last check failed, and over safety backups: those are of the state somebody wanted to leave.
    /// </remarks>
    /// <exception cref="OperationException">
    /// <see cref="OperationError.NotFound"/>, or <see cref="OperationError.InvalidRequest"/> where it is not clear which is meant.
    /// </exception>
    public async Task<(BackupRecord Record, string? Note)> FindAsync(string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == Latest)
        {
            return await LatestAsync(await InstallationOfLatestAsync(cancellationToken), cancellationToken);
        }

        if (text.EndsWith("/" + Latest, StringComparison.Ordinal))
        {
            return await LatestAsync(text[..^(Latest.Length + 1)], cancellationToken);
        }

        if (BackupKey.IsId(text))
        {
            return (await ByIdAsync(text, cancellationToken), null);
        }

        var key = BackupKey.Parse(text);
        return (await store.FindRecordAsync(key, cancellationToken) ?? throw NotFound($"backup {key}"), null);
    }

    private async Task<BackupRecord> ByIdAsync(string id, CancellationToken cancellationToken)
    {
        var found = new List<BackupRecord>();
        await foreach (var record in store.ListAsync(null, cancellationToken))
        {
            if (record.Key.Id == id)
            {
                found.Add(record);
            }
        }

        return found.Count switch
        {
            1 => found[0],
            0 => throw NotFound($"backup {id}"),
            _ => throw new OperationException(
                OperationError.InvalidRequest, $"Several backups have the id {id}: {string.Join(", ", found.Select(record => record.Key))}; use installation/id."),
        };
    }

    private async Task<string> InstallationOfLatestAsync(CancellationToken cancellationToken)
    {
        var installations = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var record in store.ListAsync(null, cancellationToken))
        {
            if (record.Purpose != BackupPurpose.Safety)
            {
                installations.Add(record.Key.Installation);
            }
        }

        return installations.Count switch
        {
            1 => installations.Min!,
            0 => throw NotFound("backup"),
            _ => throw new OperationException(
                OperationError.InvalidRequest,
                $"'latest' may mean {string.Join(" or ", installations.Select(name => $"{name}/latest"))}; say which."),
        };
    }

    private async Task<(BackupRecord Record, string? Note)> LatestAsync(string installation, CancellationToken cancellationToken)
    {
        InstallationName.Check(installation);
        var newestFirst = new Stack<BackupRecord>();
        await foreach (var record in store.ListAsync(installation, cancellationToken))
        {
            if (record.Purpose != BackupPurpose.Safety)
            {
                newestFirst.Push(record);
            }
        }

        var passedOver = new List<BackupKey>();
        foreach (var record in newestFirst)
        {
            if (await HasFailedAsync(record.Key, cancellationToken))
            {
                passedOver.Add(record.Key);
                continue;
            }

            return (record, passedOver.Count == 0 ? null : $"Skipped, because the last check failed: {string.Join(", ", passedOver)}.");
        }

        throw passedOver.Count == 0
            ? NotFound($"backup of {installation}")
            : NotFound($"backup of {installation} whose last check passed (failed: {string.Join(", ", passedOver)})");
    }

    private async Task<bool> HasFailedAsync(BackupKey key, CancellationToken cancellationToken)
    {
        var passed = true;
        await foreach (var check in store.ListChecksAsync(key, cancellationToken))
        {
            passed = check.Verdict ?? passed;
        }

        return !passed;
    }

    private OperationException NotFound(string what) => new(OperationError.NotFound, $"There is no {what} in {store.Description}.");
}
