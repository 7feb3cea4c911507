using System.Text;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Commands without Npgsql's time limit: how long they take depends on the installation, and cancelling is the caller's.</summary>
internal static class SqlCommands
{
    /// <summary>How many statements are sent together.</summary>
    public const int AtOnce = 200;

    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken, params object[] arguments)
    {
        await using var command = Create(connection, sql, arguments);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        try
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(map(reader));
            }
        }
        catch (DecoderFallbackException e)
        {
            throw NotUtf8(e);
        }

        return rows;
    }

    public static async Task<object?> ScalarAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] arguments)
    {
        await using var command = Create(connection, sql, arguments);
        try
        {
            var value = await command.ExecuteScalarAsync(cancellationToken);
            return value is DBNull ? null : value;
        }
        catch (DecoderFallbackException e)
        {
            throw NotUtf8(e);
        }
    }

    /// <returns>The number of rows affected, if the statement reports it.</returns>
    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] arguments)
    {
        await using var command = Create(connection, sql, arguments);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Executes statements, many at a time without waiting for the answer to each.</summary>
    public static async Task ExecuteAllAsync(this NpgsqlConnection connection, IEnumerable<string> statements, CancellationToken cancellationToken)
    {
        foreach (var some in statements.Chunk(AtOnce))
        {
            await connection.ExecuteAsync(string.Join("; ", some), cancellationToken);
        }
    }

    /// <summary>Executes statements of a transaction under a savepoint, so that their failure does not end it.</summary>
    /// <returns>Why they failed; null if they did not.</returns>
    public static async Task<PostgresException?> TryAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync($"SAVEPOINT tfe_backup; {sql}; RELEASE SAVEPOINT tfe_backup", cancellationToken);
            return null;
        }
        catch (PostgresException e) when (e.SqlState != PostgresErrorCodes.QueryCanceled && connection.State == System.Data.ConnectionState.Open)
        {
            await connection.ExecuteAsync("ROLLBACK TO SAVEPOINT tfe_backup; RELEASE SAVEPOINT tfe_backup", cancellationToken);
            return e;
        }
    }

    /// <summary>Rows are copied as bytes; what is read as text are names and definitions.</summary>
    public static EngineException NotUtf8(DecoderFallbackException e) => new(
        EngineError.CorruptSource,
        $"A name or a definition in the database is not valid UTF-8, the encoding of its database: it holds the bytes {Convert.ToHexString(e.BytesUnknown ?? [])}. "
        + "Look for it among tables, columns, enum labels, defaults and constraints (pg_dump --schema-only prints it), and rename or redefine it.",
        e);

    private static NpgsqlCommand Create(NpgsqlConnection connection, string sql, object[] arguments)
    {
        // The SQL is put together from constants and from names quoted by SqlName and SqlText only.
#pragma warning disable CA2100
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
#pragma warning restore CA2100
        foreach (var argument in arguments)
        {
            command.Parameters.Add(argument is uint[] oids
                ? new NpgsqlParameter { Value = oids, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid }
                : new NpgsqlParameter { Value = argument });
        }

        return command;
    }
}
