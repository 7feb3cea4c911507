using System.Globalization;
using Npgsql;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.TestSupport.Postgres;

/// <summary>A real PgBouncer before a database, where that program is installed.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder;
    private readonly SupervisedProcess _process;

    private PgBouncer(TempFolder folder, SupervisedProcess process, string connectionString)
    {
        _folder = folder;
        _process = process;
        ConnectionString = connectionString;
    }

    /// <summary>Whether the program is there.</summary>
    public static bool IsInstalled { get; } = ProgramPath.Exists("pgbouncer");

    /// <summary>Connects to the database through it, as its owner.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts one.</summary>
    /// <param name="database">The database; pooled connections are its owner's.</param>
    /// <param name="poolMode"><c>session</c>, <c>transaction</c> or <c>statement</c>.</param>
    /// <param name="cancellationToken">Ends the start early.</param>
    public static async Task<PgBouncer> StartAsync(PostgresDatabase database, string poolMode, CancellationToken cancellationToken = default)
    {
        var folder = new TempFolder();
        var port = FreePort.Next();
        var target = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var settings = folder.Combine("pgbouncer.ini");
        await File.WriteAllTextAsync(
            settings,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                [databases]
                {target.Database} = host=127.0.0.1 port={target.Port} user={target.Username} password={target.Password}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = any
                pool_mode = {poolMode}
                default_pool_size = 20
                ignore_startup_parameters = extra_float_digits,options
                """),
            cancellationToken);
        var account = PostgresAccount.Current;
        account.PrepareReading(folder.Root);
        var process = await ProcessSupervisor.Shared.StartAsync(account.Start("pgbouncer", [settings], folder.Combine("log")), cancellationToken);
        var bouncer = new PgBouncer(
            folder, process, new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = port, Password = null }.ConnectionString);
        await WaitFor.ConditionAsync(() => process.ReadLog().Contains("process up", StringComparison.Ordinal), "PgBouncer to start", StartTimeout, cancellationToken);
        return bouncer;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync("SIGKILL");
        _folder.Dispose();
    }
}
