using System.Globalization;
using Npgsql;
using TfeBackup.Archive.Packs;

namespace TfeBackup.Engine.Database.Parts;

/// <summary>
/// Reads on which history of the server a snapshot was taken, and tells whether another lies on the same one, so that the rule of rows holds
/// between them (FORMAT-2.md, "Histories").
/// </summary>
internal static class ServerHistory
{
    private static readonly string[] Functions = ["pg_control_system()", "pg_current_wal_insert_lsn()", "pg_walfile_name(pg_lsn)", "pg_postmaster_start_time()"];

    /// <summary>The history, and the snapshot's place on it; null where it cannot be known: on a standby, or without the right to ask.</summary>
    /// <param name="connection">In the transaction of the snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<DatabaseHistory?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var isKnown = (bool)(await connection.ScalarAsync(
            """
            SELECT NOT pg_catalog.pg_is_in_recovery()
              AND pg_catalog.bool_and(pg_catalog.has_function_privilege(('pg_catalog.' || name)::pg_catalog.regprocedure, 'EXECUTE'))
            FROM unnest($1::text[]) AS f(name)
            """,
            cancellationToken,
            (object)Functions))!;
        if (!isKnown)
        {
            return null;
        }

        // The insert position is read now, after the snapshot was taken: all that the snapshot sees committed lies before it.
        var history = (await connection.QueryAsync(
            """
            SELECT s.system_identifier::text, d.oid, pg_catalog.pg_walfile_name(w.lsn), pg_catalog.pg_postmaster_start_time(),
                   pg_catalog.current_setting('server_version_num')::int, (w.lsn - '0/0'::pg_catalog.pg_lsn)::int8,
                   pg_catalog.txid_snapshot_xmin(x.snapshot), pg_catalog.txid_snapshot_xmax(x.snapshot)
            FROM pg_catalog.pg_control_system() s, pg_catalog.pg_database d,
                 (SELECT pg_catalog.pg_current_wal_insert_lsn()) w(lsn), (SELECT pg_catalog.txid_current_snapshot()) x(snapshot)
            WHERE d.datname = pg_catalog.current_database()
            """,
            static row => new DatabaseHistory
            {
                SystemIdentifier = row.GetString(0),
                Database = row.GetFieldValue<uint>(1),
                Timeline = uint.Parse(row.GetString(2).AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                Started = row.GetFieldValue<DateTimeOffset>(3),
                ServerVersion = row.GetInt32(4),
                Lsn = row.GetInt64(5),
                Xmin = row.GetInt64(6),
                Xmax = row.GetInt64(7),
            },
            cancellationToken))[0];
        return history;
    }

    /// <summary>
    /// Waits until WAL up to a snapshot's place is on disk, so that a crash cannot lose what it saw. An index must not name its history before.
    /// </summary>
    /// <remarks>
    /// An idle server leaves WAL that no commit asks for (of rolled back transactions, of pages it tidied up) unwritten until its next
    /// checkpoint. A transaction of our own that has an id and changes nothing makes the server's WAL writer write what lies before it.
    /// </remarks>
    /// <param name="connection">A connection to the same server, in no transaction.</param>
    /// <param name="history">The snapshot's place.</param>
    /// <param name="limit">The longest wait; the server writes such WAL within three times its <c>wal_writer_delay</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if it is not on disk by then.</returns>
    public static async Task<bool> WaitFlushedAsync(
        NpgsqlConnection connection, DatabaseHistory history, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var isAsked = false; ; isAsked = true)
        {
            if ((bool)(await connection.ScalarAsync(
                "SELECT (pg_catalog.pg_current_wal_flush_lsn() - '0/0'::pg_catalog.pg_lsn)::int8 >= $1", cancellationToken, history.Lsn))!)
            {
                return true;
            }

            if (TimeProvider.System.GetElapsedTime(started) >= limit)
            {
                return false;
            }

            if (!isAsked)
            {
                await connection.ScalarAsync("SELECT pg_catalog.txid_current()", cancellationToken);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    /// <summary>Describes why the rule of rows does not hold between two snapshots; null if it does.</summary>
    /// <param name="known">Of the snapshot that parts were compared under.</param>
    /// <param name="now">Of the snapshot now.</param>
    public static string? WhyNotSame(DatabaseHistory? known, DatabaseHistory? now)
    {
        if (known is null || now is null)
        {
            return $"the server's history {(now is null ? "cannot be read" : "was not known when the last backup was taken")}";
        }

        if (known.SystemIdentifier != now.SystemIdentifier || known.Database != now.Database)
        {
            return "it is another database than the one last backed up";
        }

        if (known.Timeline != now.Timeline)
        {
            return $"the server is on timeline {now.Timeline}, and was on {known.Timeline}: there was a failover or a recovery";
        }

        if (known.Started != now.Started)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the server was started again at {now.Started:O}");
        }

        if (known.ServerVersion != now.ServerVersion)
        {
            return "the server has another version";
        }

        return now.Lsn < known.Lsn || now.Xmax < known.Xmax || now.Xmin < known.Xmin
            ? "the server is at an earlier point than when it was last backed up"
            : null;
    }
}
