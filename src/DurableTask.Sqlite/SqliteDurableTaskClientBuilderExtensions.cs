using DurableTask.Sqlite.Client;
using Microsoft.DurableTask.Client;

namespace DurableTask.Sqlite;

/// <summary>Makes a Durable Task client use an SQLite file.</summary>
public static class SqliteDurableTaskClientBuilderExtensions
{
    /// <summary>
    /// Uses the orchestrations of an SQLite file. A client needs no worker in its process; beside one on the same file it shares it.
    /// </summary>
    /// <param name="builder">The client's builder.</param>
    /// <param name="configure">Says where the file is.</param>
    public static IDurableTaskClientBuilder UseSqlite(this IDurableTaskClientBuilder builder, Action<SqliteOrchestrationOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddSqlite(builder.Name, configure);
        return builder.UseBuildTarget<SqliteDurableTaskClient>();
    }
}
