using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Settings of a backup's or restore's transaction. What decides how a value is printed or read is pinned to the same on
/// both sides, whatever the role, the database or the server say; all of it ends with the transaction.
/// </summary>
internal static class SessionSettings
{
    private static readonly (string Name, string Value)[] Pinned =
    [
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, YMD"),
        ("IntervalStyle", "postgres"),
        ("TimeZone", "UTC"),
        ("extra_float_digits", "3"),
        ("bytea_output", "hex"),
        ("lc_monetary", "C"),
        ("array_nulls", "on"),
        ("xmloption", "content"),
        ("xmlbinary", "base64"),
        ("standard_conforming_strings", "on"),
        ("transform_null_equals", "off"),
        ("quote_all_identifiers", "off"),
        // A new index without a tablespace of its own must not get one from the role's default.
        ("default_tablespace", ""),
        // Rows hidden by a policy must fail the statement, never be missing in silence.
        ("row_security", "off"),
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("transaction_timeout", "0"),
        ("client_min_messages", "warning"),
        // A range of a table must not cost more server processes than the connections that were asked for, and a table read
        // from its first page on comes out in the same order each time.
        ("max_parallel_workers_per_gather", "0"),
        ("synchronize_seqscans", "off"),
    ];

    /// <summary>Pins everything for the current transaction. The search path is emptied too; the former one is returned.</summary>
    public static async Task<string> PinAsync(NpgsqlConnection connection, TimeSpan lockTimeout, CancellationToken cancellationToken)
    {
        var searchPath = (string)(await connection.ScalarAsync("SELECT pg_catalog.current_setting('search_path')", cancellationToken))!;

        // pg_settings leaves out what this server version does not know (transaction_timeout came with 17).
        await connection.ExecuteAsync(
            """
            SELECT pg_catalog.set_config(v.name, v.value, true)
            FROM unnest($1::text[], $2::text[]) AS v(name, value)
            JOIN pg_catalog.pg_settings s ON pg_catalog.lower(s.name) = pg_catalog.lower(v.name)
            """,
            cancellationToken,
            Pinned.Select(static setting => setting.Name).ToArray(),
            Pinned.Select(static setting => setting.Value).ToArray());
        await SetLockTimeoutAsync(connection, lockTimeout, cancellationToken);
        await SetSearchPathAsync(connection, "", cancellationToken);
        return searchPath;
    }

    /// <summary>Sets how long statements of the current transaction wait for a lock.</summary>
    public static Task SetLockTimeoutAsync(NpgsqlConnection connection, TimeSpan timeout, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            string.Create(CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = {Math.Max(1, (long)timeout.TotalMilliseconds)}"),
            cancellationToken);

    /// <summary>Sets the current transaction's search path.</summary>
    public static Task SetSearchPathAsync(NpgsqlConnection connection, string path, CancellationToken cancellationToken) =>
        connection.ExecuteAsync("SELECT pg_catalog.set_config('search_path', $1, true)", cancellationToken, path);
}
