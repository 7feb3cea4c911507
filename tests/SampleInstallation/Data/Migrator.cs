using Npgsql;

namespace TfeBackup.SampleInstallation.Data;

/// <summary>Brings the database to the version of this build.</summary>
internal static class Migrator
{
    private const string Prefix = "Migrations/";

    // Nodes that start at once migrate one after another.
    private const long AdvisoryLock = 0x53616D706C65;

    public static async Task RunAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var assembly = typeof(Migrator).Assembly;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({AdvisoryLock})", cancellationToken);
        await ExecuteAsync(connection, "CREATE TABLE IF NOT EXISTS schema_migrations (version text PRIMARY KEY)", cancellationToken);
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var version = name[Prefix.Length..name.IndexOf('_', StringComparison.Ordinal)];
            await using var record = new NpgsqlCommand("INSERT INTO schema_migrations VALUES ($1) ON CONFLICT DO NOTHING", connection)
            {
                Parameters = { new() { Value = version } },
            };
            if (await record.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                continue;
            }

            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            await ExecuteAsync(connection, await reader.ReadToEndAsync(cancellationToken), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
