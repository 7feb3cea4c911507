using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>Short ways to databases and to what the engine says about them.</summary>
internal static class Databases
{
    public static readonly DatabaseOptions Options = new() { LockTimeout = TimeSpan.FromMilliseconds(200) };

    public static readonly DatabaseOptions InstallationOptions = Options with { Schemas = InstallationSql.Schemas };

    /// <summary>A database with <paramref name="sql"/> run by its owner.</summary>
    public static async Task<PostgresDatabase> NewAsync(string sql, int majorVersion = 18)
    {
        var database = await (await PostgresServer.SharedAsync(majorVersion)).CreateDatabaseAsync();
        await database.ExecuteAsync(sql);
        return database;
    }

    /// <summary>A connection string to the same database with other values.</summary>
    public static string With(this PostgresDatabase database, Action<NpgsqlConnectionStringBuilder> change, bool admin = false)
    {
        var builder = new NpgsqlConnectionStringBuilder(admin ? database.AdminConnectionString : database.ConnectionString);
        change(builder);
        return builder.ConnectionString;
    }

    public static async Task<EngineException> RefusesAsync(EngineError error, Func<Task> action)
    {
        var exception = await Assert.ThrowsAsync<EngineException>(action);
        Assert.True(error == exception.Error, exception.ToString());
        return exception;
    }

    public static Task<DatabaseSnapshot> SnapshotAsync(this PostgresDatabase database, DatabaseOptions? options = null) =>
        DatabaseSnapshot.OpenAsync(database.DataSource, options ?? Options, RecordedBackup.NoneEncrypted, CancellationToken.None);

    public static Task<RecordedBackup> BackupAsync(this PostgresDatabase database, DatabaseOptions? options = null) =>
        RecordedBackup.TakeAsync(database, options ?? Options);
}
