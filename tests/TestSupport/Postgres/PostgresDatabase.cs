using Npgsql;

namespace TfeBackup.TestSupport.Postgres;

/// <summary>A database and its owner. Disposing it drops both.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly Lazy<NpgsqlDataSource> _dataSource;

    internal PostgresDatabase(PostgresServer server, string name, string connectionString, string adminConnectionString)
    {
        Server = server;
        Name = name;
        ConnectionString = connectionString;
        AdminConnectionString = adminConnectionString;
        _dataSource = new Lazy<NpgsqlDataSource>(() => NpgsqlDataSource.Create(connectionString));
    }

    /// <summary>The server it is on.</summary>
    public PostgresServer Server { get; }

    /// <summary>Its name, and its owner's.</summary>
    public string Name { get; }

    /// <summary>Connects to it as its owner, who is no superuser.</summary>
    public string ConnectionString { get; }

    /// <summary>Connects to it as superuser.</summary>
    public string AdminConnectionString { get; }

    /// <summary>Connects to it as its owner; belongs to this object.</summary>
    public NpgsqlDataSource DataSource => _dataSource.Value;

    /// <summary>Runs SQL as the owner; several statements may stand one after another.</summary>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken = default) => ExecuteAsync(ConnectionString, sql, cancellationToken);

    /// <summary>Runs SQL as superuser.</summary>
    public Task ExecuteAsAdminAsync(string sql, CancellationToken cancellationToken = default) =>
        ExecuteAsync(AdminConnectionString, sql, cancellationToken);

    /// <summary>The first column of the first row that a query returns, as the owner.</summary>
    public async Task<T> QueryAsync<T>(string sql, CancellationToken cancellationToken = default)
    {
        await using var command = DataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_dataSource.IsValueCreated)
        {
            await _dataSource.Value.DisposeAsync();
        }

        if (Server.ProcessId == 0)
        {
            return;
        }

        await ExecuteAsync(
            Server.AdminConnectionString,
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{Name}'",
            CancellationToken.None);
        await ExecuteAsync(Server.AdminConnectionString, $"""DROP DATABASE IF EXISTS "{Name}" """, CancellationToken.None);
        await ExecuteAsync(Server.AdminConnectionString, $"""DROP ROLE IF EXISTS "{Name}" """, CancellationToken.None);
    }

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
