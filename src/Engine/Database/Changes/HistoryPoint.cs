using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace TfeBackup.Engine.Database.Changes;

/// <summary>
/// A point in the history of one database server: a snapshot and what tells whether a later one continues the same history. Only
/// then do transaction ids of the two mean the same, and only then may rows be taken for unchanged without being read.
/// </summary>
internal sealed record HistoryPoint
{
    /// <summary>The server's identifier, given by <c>initdb</c> and kept by copies of its data directory; null if this role may not read it.</summary>
    public required string? SystemIdentifier { get; init; }

    /// <summary>The timeline that WAL is written to, as the eight digits of its files' names; null on a standby and where this role may not read it.</summary>
    public required string? Timeline { get; init; }

    /// <summary>When the server started, in microseconds since 2000-01-01 UTC.</summary>
    public required long ServerStarted { get; init; }

    /// <summary>The insert position of the WAL, read after the snapshot was taken: everything the snapshot shows lies before it. Null on a standby.</summary>
    public required ulong? WalPosition { get; init; }

    /// <summary>The 64-bit id before which every transaction had ended for the snapshot.</summary>
    public required ulong Xmin { get; init; }

    /// <summary>The 64-bit id from which on no transaction had ended for the snapshot.</summary>
    public required ulong Xmax { get; init; }

    /// <summary>The server's major version.</summary>
    public required int Major { get; init; }

    /// <summary>Reads the point of the current transaction's snapshot, which must be <c>REPEATABLE READ</c>.</summary>
    /// <param name="connection">A connection in that transaction.</param>
    /// <param name="server">The server.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<HistoryPoint> ReadAsync(NpgsqlConnection connection, ServerInfo server, CancellationToken cancellationToken)
    {
        // A function that may not be called fails its statement even where it is not reached.
        var (isPrimary, showsSystem, showsTimeline) = (await connection.QueryAsync(
            """
            SELECT NOT pg_catalog.pg_is_in_recovery(),
                   pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'),
                   pg_catalog.has_function_privilege('pg_catalog.pg_current_wal_insert_lsn()', 'EXECUTE')
                   AND pg_catalog.has_function_privilege('pg_catalog.pg_walfile_name(pg_lsn)', 'EXECUTE')
            """,
            static row => (row.GetBoolean(0), row.GetBoolean(1), row.GetBoolean(2)),
            cancellationToken))[0];
        showsTimeline &= isPrimary;

        // The control file has the timeline of the last checkpoint; only the WAL's own names have the one that is written now.
        return (await connection.QueryAsync(
            $"""
            SELECT {(showsSystem ? "(SELECT system_identifier::text FROM pg_catalog.pg_control_system())" : "NULL::text")},
                   {(showsTimeline ? "pg_catalog.substr(pg_catalog.pg_walfile_name(w.lsn), 1, 8)" : "NULL::text")},
                   (EXTRACT(epoch FROM pg_catalog.pg_postmaster_start_time() - '2000-01-01 00:00:00+00'::timestamptz) * 1000000)::bigint,
                   w.lsn, pg_catalog.txid_snapshot_xmin(s.taken), pg_catalog.txid_snapshot_xmax(s.taken)
            FROM (SELECT pg_catalog.txid_current_snapshot()) AS s(taken),
                 (SELECT {(showsTimeline ? "pg_catalog.pg_current_wal_insert_lsn()" : "NULL::pg_lsn")}) AS w(lsn)
            """,
            row => new HistoryPoint
            {
                SystemIdentifier = row.IsDBNull(0) ? null : row.GetString(0),
                Timeline = row.IsDBNull(1) ? null : row.GetString(1),
                ServerStarted = row.GetInt64(2),
                WalPosition = row.IsDBNull(3) ? null : (ulong)row.GetFieldValue<NpgsqlLogSequenceNumber>(3),
                Xmin = (ulong)row.GetInt64(4),
                Xmax = (ulong)row.GetInt64(5),
                Major = server.Major,
            },
            cancellationToken))[0];
    }

    /// <summary>Says why nothing that was compared at an earlier point may be taken for unchanged at this one.</summary>
    /// <param name="earlier">The earlier point.</param>
    /// <returns>The reason, for an operator; null if this point continues the history of the earlier one.</returns>
    public string? BreakSince(HistoryPoint earlier)
    {
        if (SystemIdentifier is null || earlier.SystemIdentifier is null)
        {
            return "the database server does not show its system identifier to this role (GRANT EXECUTE ON FUNCTION pg_control_system())";
        }

        if (Timeline is null || WalPosition is null || earlier.Timeline is null || earlier.WalPosition is null)
        {
            return "the database server is a standby, or does not show the position of its WAL to this role";
        }

        if (SystemIdentifier != earlier.SystemIdentifier)
        {
            return $"the database server is another one: its system identifier was {earlier.SystemIdentifier} and is {SystemIdentifier}";
        }

        if (Major != earlier.Major)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the database server was upgraded from PostgreSQL {earlier.Major} to {Major}");
        }

        if (Timeline != earlier.Timeline)
        {
            return $"the database server is on another timeline: it was {earlier.Timeline} and is {Timeline}";
        }

        if (ServerStarted != earlier.ServerStarted)
        {
            return "the database server was restarted";
        }

        return WalPosition < earlier.WalPosition || Xmin < earlier.Xmin || Xmax < earlier.Xmax
            ? "the database server is at an earlier point of its history"
            : null;
    }

    /// <summary>
    /// Waits until nothing that this point's snapshot showed can be lost in a crash. Transactions that commit with
    /// <c>synchronous_commit = off</c> are visible before their WAL is on disk.
    /// </summary>
    /// <remarks>
    /// An idle server leaves WAL that no commit asks for (of rolled back transactions, of pages it tidied up) unwritten until its next checkpoint.
    /// A transaction of our own that has an id and changes nothing makes the server's WAL writer write all that lies before it.
    /// </remarks>
    /// <param name="connection">A connection to the server, in no transaction.</param>
    /// <param name="limit">The longest wait. The server writes such WAL within three times its <c>wal_writer_delay</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if the WAL was not written in time, or this point does not know its position.</returns>
    public async Task<bool> IsDurableAsync(NpgsqlConnection connection, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (WalPosition is not { } position)
        {
            return false;
        }

        var started = TimeProvider.System.GetTimestamp();
        for (var isAsked = false; ; isAsked = true)
        {
            var flushed = (NpgsqlLogSequenceNumber)(await connection.ScalarAsync("SELECT pg_catalog.pg_current_wal_flush_lsn()", cancellationToken))!;
            if ((ulong)flushed >= position)
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
}
