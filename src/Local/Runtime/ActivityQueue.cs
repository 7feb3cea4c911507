using Microsoft.Data.Sqlite;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Runtime;

/// <summary>
/// Activities that are to run, and who runs them. Each begin takes a lease with a number of its own; renewing and ending under a number
/// that is no longer the activity's does nothing, so a worker that slept through its lease cannot end what another one runs again.
/// </summary>
internal sealed class ActivityQueue(Journal journal, WorkerLock worker, LocalWorkerOptions options)
{
    private const string Mine = "instance = $instance AND task = $task AND lease = $lease";

    /// <summary>Takes one activity that nobody runs, or whose worker is dead or silent.</summary>
    /// <param name="names">The activities this worker knows.</param>
    /// <param name="running">Those it runs already.</param>
    public ActivityLease? TryBegin(IReadOnlyCollection<string> names, IReadOnlySet<(string Instance, int Task)> running)
    {
        using var connection = journal.Connect();
        foreach (var (lease, owner, expires) in ReadAll(connection))
        {
            if (!names.Contains(lease.Name)
                || running.Contains((lease.Instance, lease.Task))
                || (options.Operation is { } only && lease.Instance != only))
            {
                continue;
            }

            if (owner is not null && expires > Now && !worker.IsDead(owner))
            {
                continue;
            }

            var begun = lease with { Starts = lease.Starts + 1, Number = lease.Number + 1 };
            var taken = connection.Execute(
                $"UPDATE activity SET lease = lease + 1, starts = starts + 1, owner = $owner, expires = $expires, bytes = NULL, total = NULL WHERE {Mine}",
                ("$owner", worker.Owner), ("$expires", Now + options.Lease.Ticks),
                ("$instance", lease.Instance), ("$task", lease.Task), ("$lease", lease.Number)) == 1;
            if (taken)
            {
                return begun;
            }
        }

        return null;
    }

    /// <summary>Renews a lease and writes progress down.</summary>
    /// <returns>Whether the activity is still this lease's; false too when its operation has ended.</returns>
    public bool Renew(ActivityLease lease, ActivityProgress? progress)
    {
        using var connection = journal.Connect();
        return connection.Execute(
            $"UPDATE activity SET expires = $expires, bytes = $bytes, total = $total WHERE {Mine}",
            ("$expires", Now + options.Lease.Ticks), ("$bytes", progress?.Bytes), ("$total", progress?.Total),
            ("$instance", lease.Instance), ("$task", lease.Task), ("$lease", lease.Number)) == 1;
    }

    /// <summary>Ends an activity and tells its operation.</summary>
    /// <returns>Whether the lease still counted.</returns>
    public bool End(ActivityLease lease, HistoryEventKind kind, string payload)
    {
        using var connection = journal.Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        var counted = connection.Execute(
            $"DELETE FROM activity WHERE {Mine}",
            ("$instance", lease.Instance), ("$task", lease.Task), ("$lease", lease.Number)) == 1;
        if (counted)
        {
            Inbox.Add(connection, lease.Instance, journal.Time.GetUtcNow().UtcTicks, kind, lease.Task, lease.Name, payload);
            transaction.Commit();
        }

        return counted;
    }

    /// <summary>Puts an activity back that was stopped before it ended, for the next worker to begin.</summary>
    public void Release(ActivityLease lease)
    {
        using var connection = journal.Connect();
        connection.Execute(
            $"UPDATE activity SET owner = NULL, expires = 0, starts = starts - 1 WHERE {Mine}",
            ("$instance", lease.Instance), ("$task", lease.Task), ("$lease", lease.Number));
    }

    private long Now => options.LeaseTime.GetUtcNow().UtcTicks;

    private static List<(ActivityLease Lease, string? Owner, long Expires)> ReadAll(SqliteConnection connection)
    {
        var all = new List<(ActivityLease, string?, long)>();
        using var command = connection.Command(
            "SELECT instance, task, name, input, starts, lease, owner, expires FROM activity");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var lease = new ActivityLease(
                reader.GetString(0), reader.GetInt32(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4), reader.GetInt64(5));
            all.Add((lease, reader.Text(6), reader.GetInt64(7)));
        }

        return all;
    }
}
