using DurableTask.Sqlite.Worker;
using Microsoft.DurableTask.Worker;

namespace DurableTask.Sqlite;

/// <summary>Makes a Durable Task worker work on an SQLite file.</summary>
public static class SqliteDurableTaskWorkerBuilderExtensions
{
    /// <summary>
    /// Works on the orchestrations of an SQLite file. The host's start fails where the file cannot be used. When the host stops, running activities
    /// may finish within its shutdown timeout; those that do not, or fail meanwhile, are run again by the next worker.
    /// </summary>
    /// <param name="builder">The worker's builder.</param>
    /// <param name="configure">Sets the options.</param>
    public static IDurableTaskWorkerBuilder UseSqlite(this IDurableTaskWorkerBuilder builder, Action<SqliteOrchestrationOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddSqlite(builder.Name, configure);
        return builder.UseBuildTarget<SqliteDurableTaskWorker>();
    }
}
