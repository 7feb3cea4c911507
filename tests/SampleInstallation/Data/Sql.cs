using System.Runtime.CompilerServices;
using Npgsql;

namespace TfeBackup.SampleInstallation.Data;

/// <summary>Shorthands for commands with positional parameters.</summary>
internal static class Sql
{
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> parameters) =>
        With(new NpgsqlCommand(sql, connection), parameters);

    public static NpgsqlCommand Command(this NpgsqlDataSource database, string sql, params ReadOnlySpan<object?> parameters) =>
        With(database.CreateCommand(sql), parameters);

    public static async Task<int> ExecuteAsync(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public static async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(
        this NpgsqlCommand command, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                yield return reader;
            }
        }
    }

    private static NpgsqlCommand With(NpgsqlCommand command, ReadOnlySpan<object?> parameters)
    {
        foreach (var value in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }
}
