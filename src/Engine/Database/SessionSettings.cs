using System.Globalization;
using System.Text;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Settings of sessions and of a backup's or restore's transaction. What ends a session that waits, and what decides how a
/// value is printed or read, is pinned to the same everywhere, whatever the role, the database or the server say.
/// </summary>
internal static class SessionSettings
{
    // How long a session waits and works depends on the installation and on whoever takes the backup; giving up is the caller's.
    private static readonly (string Name, string Value)[] OfSession =
    [
        ("statement_timeout", "0"),
        ("lock_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("idle_session_timeout", "0"),
        ("transaction_timeout", "0"),
        ("default_transaction_isolation", "read committed"),
        ("default_transaction_read_only", "off"),
        ("default_transaction_deferrable", "off"),
        // Queries over the catalogue of an installation with thousands of tables look expensive, and compiling them takes longer than they do.
        ("jit", "off"),
    ];

    private static readonly (string Name, string Value)[] OfTransaction =
    [
        // Again, for this transaction: behind a pooler, what was set for the session may have been set for another one.
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("transaction_timeout", "0"),
        ("jit", "off"),
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
        // Views that people made are refreshed, and read by their functions.
        ("restrict_nonsystem_relation_kind", ""),
        ("client_min_messages", "warning"),
        // Whether rows break a constraint is asked of the rows.
        ("constraint_exclusion", "off"),
        // A range of a table must not cost more server processes than the connections that were asked for, and a table read
        // from its first page on comes out in the same order each time.
        ("max_parallel_workers_per_gather", "0"),
        ("synchronize_seqscans", "off"),
    ];

    /// <summary>Opens a connection whose session has no timeouts. Returning the connection to its pool ends that.</summary>
    public static async Task<NpgsqlConnection> OpenSessionAsync(this NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            var connection = await OpenAsync(source, cancellationToken);
            try
            {
                await SetAsync(connection, OfSession, ofTransaction: false, cancellationToken);
                return connection;
            }
            catch (NpgsqlException e) when (!again && e is not PostgresException { SqlState: not ("57P01" or "57P05") })
            {
                // The server has ended a session that was idle in the pool, and others there with it.
                NpgsqlConnection.ClearPool(connection);
                await connection.DisposeAsync();
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        try
        {
            return await source.OpenConnectionAsync(cancellationToken);
        }
        catch (DecoderFallbackException e)
        {
            // Npgsql reads the database's types, and the labels of enums with them.
            throw SqlCommands.NotUtf8(e);
        }
    }

    /// <summary>Pins everything for the current transaction. The search path is emptied too; the former one is returned.</summary>
    public static async Task<string> PinAsync(NpgsqlConnection connection, TimeSpan lockTimeout, CancellationToken cancellationToken)
    {
        var searchPath = (string)(await connection.ScalarAsync("SELECT pg_catalog.current_setting('search_path')", cancellationToken))!;

        await SetAsync(connection, OfTransaction, ofTransaction: true, cancellationToken);
        await SetLockTimeoutAsync(connection, lockTimeout, cancellationToken);
        await SetSearchPathAsync(connection, "", cancellationToken);
        return searchPath;
    }

    // pg_settings leaves out what this server version does not know (idle_session_timeout came with 14, transaction_timeout with 17).
    private static Task<int> SetAsync(
        NpgsqlConnection connection, (string Name, string Value)[] settings, bool ofTransaction, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            """
            SELECT pg_catalog.set_config(v.name, v.value, $3)
            FROM unnest($1::text[], $2::text[]) AS v(name, value)
            JOIN pg_catalog.pg_settings s ON pg_catalog.lower(s.name) = pg_catalog.lower(v.name)
            """,
            cancellationToken,
            settings.Select(static setting => setting.Name).ToArray(),
            settings.Select(static setting => setting.Value).ToArray(),
            ofTransaction);

    /// <summary>Sets how long statements of the current transaction wait for a lock.</summary>
    public static Task SetLockTimeoutAsync(NpgsqlConnection connection, TimeSpan timeout, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            string.Create(CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = {Math.Max(1, (long)timeout.TotalMilliseconds)}"),
            cancellationToken);

    /// <summary>Sets the current transaction's search path.</summary>
    public static Task SetSearchPathAsync(NpgsqlConnection connection, string path, CancellationToken cancellationToken) =>
        connection.ExecuteAsync("SELECT pg_catalog.set_config('search_path', $1, true)", cancellationToken, path);
}
