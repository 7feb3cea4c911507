using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations.Steps;

/// <summary>Finds the backup an operator means, and lists backups with what has become of them.</summary>
public sealed class BackupFinder(IBackupStore store)
{
    private const string Latest = "latest";

    // A request for each backup, sent concurrently.
    private const int AskedAtOnce = 16;

    /// <summary>Finds one backup by what an operator typed.</summary>
    /// <param name="text">
    /// <c>installation/id</c>; an id alone; <c>installation/latest</c>; or <c>latest</c>: the newest of the only installation that has any.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The record, and what to tell the operator about the choice, if anything.</returns>
    /// <remarks>
    /// "latest" skips backups whose last check failed, and safety backups, which hold the state an operator wanted to replace.
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

    /// <summary>Lists the backups of one installation, or of all (null), newest first.</summary>
    public async Task<IReadOnlyList<ListedBackup>> ListAsync(string? installation, CancellationToken cancellationToken)
    {
        var records = new List<BackupRecord>();
        await foreach (var record in store.ListAsync(installation, cancellationToken))
        {
            records.Add(record);
        }

        var listed = new List<ListedBackup>();
        foreach (var some in records.OrderByDescending(record => record.Started).ThenByDescending(record => record.Key.Id, StringComparer.Ordinal).Chunk(AskedAtOnce))
        {
            listed.AddRange(await Task.WhenAll(some.Select(record => InspectAsync(record, cancellationToken))));
        }

        var latest = listed.Where(backup => backup.PassedOver is null).DistinctBy(backup => backup.Key.Installation).Select(backup => backup.Key).ToHashSet();
        return [.. listed.Select(backup => backup with { IsLatest = latest.Contains(backup.Key) })];
    }

    /// <summary>Describes one backup as a listing does.</summary>
    public async Task<ListedBackup> DescribeAsync(BackupRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var listed = await InspectAsync(record, cancellationToken);
        return listed.PassedOver is not null
            ? listed
            : listed with { IsLatest = (await LatestAsync(record.Key.Installation, cancellationToken)).Record.Key == record.Key };
    }

    private async Task<ListedBackup> InspectAsync(BackupRecord record, CancellationToken cancellationToken)
    {
        CheckRecord? last = null;
        CheckRecord? verdict = null;
        await foreach (var check in store.ListChecksAsync(record.Key, cancellationToken))
        {
            last = check;
            verdict = check.Verdict is null ? verdict : check;
        }

        return new ListedBackup(record)
        {
            LastCheck = last is null ? null : new LastCheck(last.Time, last.Kind, last.Passed, last.Failure),
            PassedOver = record.Purpose == BackupPurpose.Safety ? "safety backup"
                : verdict is { Passed: false } ? $"its last verification failed: {verdict.Failure}"
                : null,
        };
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
            if ((await InspectAsync(record, cancellationToken)).PassedOver is not null)
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

    private OperationException NotFound(string what) => new(OperationError.NotFound, $"There is no {what} in {store.Description}.");
}
