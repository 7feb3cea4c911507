using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite.Tests.Support;

/// <summary>Statements past the backend, to see or spoil what it has written.</summary>
internal static class RawSql
{
    public static void Execute(string path, string sql) => Run(path, sql, command => command.ExecuteNonQuery());

    public static long Number(string path, string sql) => Run(path, sql, command => (long)command.ExecuteScalar()!);

    public static string Text(string path, string sql) => Run(path, sql, command => (string)command.ExecuteScalar()!);

    private static T Run<T>(string path, string sql, Func<SqliteCommand, T> run)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of these tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        return run(command);
    }
}
