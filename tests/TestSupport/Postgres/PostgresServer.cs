using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.TestSupport.Postgres;

/// <summary>
/// A real PostgreSQL server in a temporary folder, on a free port of the loopback interface, without Unix sockets. It ends and
/// vanishes with this process, even if that is killed. Tests need no durability: fsync is off.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Superuser = "postgres";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    // One per version and process; the supervisor stops them when the process ends.
    private static readonly ConcurrentDictionary<int, Lazy<Task<PostgresServer>>> SharedServers = new();

    private readonly PostgresAccount _account;
    private readonly TempFolder _folder;
    private readonly string _binaries;
    private readonly string _password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private SupervisedProcess? _process;
    private int _lastDatabase;

    private PostgresServer(int majorVersion, PostgresAccount account)
    {
        MajorVersion = majorVersion;
        _account = account;
        _folder = new TempFolder();
        _binaries = account.PrepareBinaries(PostgresBinaries.FolderOf(majorVersion), _folder.Root);
    }

    /// <summary>The major version, such as 15.</summary>
    public int MajorVersion { get; }

    /// <summary>The port it listens on; it stays the same when the server is stopped and started again.</summary>
    public int Port { get; private set; }

    /// <summary>The server process's id; 0 while it is stopped.</summary>
    public int ProcessId => _process is { IsRunning: true } process ? process.ProcessId : 0;

    /// <summary>Connects as superuser to the <c>postgres</c> database.</summary>
    public string AdminConnectionString => ConnectionString("postgres", Superuser, _password);

    private string Data => _folder.Combine("data");

    /// <summary>Creates and starts a server of its own.</summary>
    /// <param name="majorVersion">One of <see cref="PostgresBinaries.Installed"/>.</param>
    /// <param name="settings">Further lines of <c>postgresql.conf</c>.</param>
    /// <param name="cancellationToken">Ends the start early.</param>
    public static Task<PostgresServer> StartAsync(
        int majorVersion, IReadOnlyDictionary<string, string>? settings = null, CancellationToken cancellationToken = default) =>
        StartAsync(majorVersion, PostgresAccount.Current, settings, cancellationToken);

    /// <summary>The server that all tests of this process share; nobody stops it.</summary>
    public static Task<PostgresServer> SharedAsync(int majorVersion) =>
        SharedServers.GetOrAdd(majorVersion, v => new Lazy<Task<PostgresServer>>(() => StartAsync(v))).Value;

    /// <summary>Creates an empty database and its owner, an ordinary role without any further right.</summary>
    /// <param name="purpose">Stands in both names, for reading logs.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<PostgresDatabase> CreateDatabaseAsync(string purpose = "test", CancellationToken cancellationToken = default)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{purpose}_{Interlocked.Increment(ref _lastDatabase)}");
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await using var connection = new NpgsqlConnection(AdminConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var role = new NpgsqlCommand(
            $"""CREATE ROLE "{name}" LOGIN PASSWORD '{password}' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS""", connection);
        await role.ExecuteNonQueryAsync(cancellationToken);
        await using var create = new NpgsqlCommand($"""CREATE DATABASE "{name}" OWNER "{name}" """, connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
        return new PostgresDatabase(this, name, ConnectionString(name, name, password), ConnectionString(name, Superuser, _password));
    }

    /// <summary>
    /// Writes everything to its data files. A crash afterwards leaves sequences as they are now; otherwise they may go on up to 32 values later, which
    /// PostgreSQL logs in advance.
    /// </summary>
    public async Task CheckpointAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(AdminConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("CHECKPOINT", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Stops the server; open transactions are rolled back.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync("SIGINT");
        }
    }

    /// <summary>Kills the server as a crash would.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync("SIGKILL");
        }
    }

    /// <summary>Starts a stopped or killed server again, with the same data on the same port.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (_process is { IsRunning: true })
        {
            return;
        }

        // After a kill, children may take a moment to notice, and the new server refuses to start while any is there.
        await WaitFor.ConditionAsync(() => TryStartAsync(cancellationToken), $"PostgreSQL to start again\n{ReadLog()}", StartTimeout, cancellationToken);
    }

    /// <summary>Starts it again as a standby: one that follows a primary and takes no writes, although there is none to follow.</summary>
    public async Task StartAgainAsStandbyAsync(CancellationToken cancellationToken = default)
    {
        await StopAsync();
        var signal = Path.Combine(Data, "standby.signal");
        await File.WriteAllTextAsync(signal, "", cancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(signal, (UnixFileMode)0b110_110_110);
        }

        await StartAgainAsync(cancellationToken);
    }

    /// <summary>What the server has logged.</summary>
    public string ReadLog() => _process?.ReadLog() ?? "";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            // Its data goes next, so it need not put them in order.
            await process.StopAsync("SIGQUIT");
            await RemoveSharedMemoryAsync();
        }

        _folder.Dispose();
    }

    /// <summary>The System V shared memory that the data folder's last server made and did not remove; null where there is none.</summary>
    internal string? FindSharedMemory()
    {
        // The seventh line of postmaster.pid, which only a killed server leaves behind: key and id.
        var file = Path.Combine(Data, "postmaster.pid");
        return File.Exists(file) && File.ReadLines(file).ElementAtOrDefault(6)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var id] ? id : null;
    }

    internal static async Task<PostgresServer> StartAsync(
        int majorVersion, PostgresAccount account, IReadOnlyDictionary<string, string>? settings, CancellationToken cancellationToken)
    {
        var server = new PostgresServer(majorVersion, account);
        try
        {
            await server.InitialiseAsync(settings, cancellationToken);
            do
            {
                server.Port = FreePort.Next();
            }
            while (!await server.TryStartAsync(cancellationToken));

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task InitialiseAsync(IReadOnlyDictionary<string, string>? settings, CancellationToken cancellationToken)
    {
        var passwordFile = _folder.Combine("password");
        await File.WriteAllTextAsync(passwordFile, _password, cancellationToken);
        var initialise = _account.Start(
            Path.Combine(_binaries, "bin", "initdb"),
            [
                "--pgdata", Data, "--username", Superuser, "--pwfile", passwordFile, "--auth", "scram-sha-256", "--encoding", "UTF8",
                "--locale", "C", "--no-sync",
            ],
            _folder.Combine("initdb.log"));
        await ProcessSupervisor.Shared.RunAsync(initialise, cancellationToken);
        File.Delete(passwordFile);
        var lines = new Dictionary<string, string>
        {
            ["listen_addresses"] = "'127.0.0.1'",
            ["unix_socket_directories"] = "''",
            ["fsync"] = "off",
            ["full_page_writes"] = "off",
            ["shared_buffers"] = "'64MB'",
            ["max_wal_size"] = "'4GB'",
            ["max_connections"] = "200",
            ["timezone"] = "'UTC'",

            // Memory that processes share stands in the data folder, so that a killed server leaves nothing in /dev/shm.
            ["dynamic_shared_memory_type"] = "mmap",
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            lines[name] = value;
        }

        await File.AppendAllLinesAsync(Path.Combine(Data, "postgresql.conf"), lines.Select(l => $"{l.Key} = {l.Value}"), cancellationToken);
    }

    /// <summary>Removes what a killed server could not; the kernel would keep it until the machine stops.</summary>
    private async Task RemoveSharedMemoryAsync()
    {
        if (FindSharedMemory() is { } id && ProgramPath.Exists("ipcrm"))
        {
            await ProcessSupervisor.Shared.RunAsync(new ProcessStart("ipcrm", ["-m", id], _folder.Combine("ipcrm.log")));
        }
    }

    /// <summary>Starts the server process; false where its port is taken or its predecessor's processes have not ended yet.</summary>
    private async Task<bool> TryStartAsync(CancellationToken cancellationToken)
    {
        var log = _folder.Combine("server.log");
        var logged = File.Exists(log) ? new FileInfo(log).Length : 0;
        var start = _account.Start(
            Path.Combine(_binaries, "bin", "postgres"), ["-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture)], log);
        var process = await ProcessSupervisor.Shared.StartAsync(start with { StopSignal = "SIGQUIT" }, cancellationToken);
        _process = process;
        var answered = false;
        await WaitFor.ConditionAsync(
            async () => !process.IsRunning || (answered = await AnswersAsync(cancellationToken)),
            $"PostgreSQL {MajorVersion} to accept connections",
            StartTimeout,
            cancellationToken);
        if (answered)
        {
            return true;
        }

        var reason = process.ReadLog()[(int)logged..];
        if (reason.Contains("could not bind", StringComparison.Ordinal) || reason.Contains("still in use", StringComparison.Ordinal))
        {
            return false;
        }

        throw new InvalidOperationException($"PostgreSQL {MajorVersion} did not start:{Environment.NewLine}{reason}");
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            var unpooled = new NpgsqlConnectionStringBuilder(AdminConnectionString) { Pooling = false };
            await using var connection = new NpgsqlConnection(unpooled.ConnectionString);
            await connection.OpenAsync(cancellationToken);

            // Another server may have taken the port in the meantime; its password would differ, but its data folder surely does.
            await using var command = new NpgsqlCommand("SELECT current_setting('data_directory')", connection);
            return (string?)await command.ExecuteScalarAsync(cancellationToken) == Data;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private string ConnectionString(string database, string user, string password) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Database = database,
            Username = user,
            Password = password,
            IncludeErrorDetail = true,
        }.ConnectionString;
}
