using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TfeBackup.Archive;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Restores;
using TfeBackup.Engine.Tests.Database;
using TfeBackup.Engine.Tests.Objects;
using TfeBackup.Engine.Vault;
using TfeBackup.TestSupport.ObjectStores;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Engine.Tests.Restores;

/// <summary>An installation of one table and a directory of objects, all of which say which state they are of.</summary>
internal sealed class SmallInstallation : IAsyncDisposable
{
    public const string Password = "befit-brakeman-footstep-unclasp";

    private SmallInstallation(PostgresDatabase database) => Database = database;

    public PostgresDatabase Database { get; }

    public DirectoryFixture Objects { get; } = new();

    /// <summary>Called before each step that changes the objects.</summary>
    public Action<string>? BeforeStep { get; set; }

    public InstallationRecovery Recovery => new(Open(), NullLogger<InstallationRecovery>.Instance);

    public RestoreLedger Ledger => new(Open());

    public static async Task<SmallInstallation> CreateAsync(string state, PostgresServer? server = null)
    {
        var database = await (server ?? await PostgresServer.SharedAsync(PostgresBinaries.Newest)).CreateDatabaseAsync();
        await database.ExecuteAsync($"CREATE TABLE t (state text); INSERT INTO t VALUES ('{state}')");
        var installation = new SmallInstallation(database);
        for (var i = 0; i < 5; i++)
        {
            await installation.Objects.PutAsync($"objects/{i}", System.Text.Encoding.ASCII.GetBytes(state));
        }

        return installation;
    }

    public Installation Open(NpgsqlDataSource? source = null) => new()
    {
        Name = "small",
        ProductVersion = "1",
        DataSource = source ?? Database.DataSource,
        Database = Databases.Options,
        Objects = new DirectoryObjectStore(Objects.Root) { BeforeStep = step => BeforeStep?.Invoke(step) },
        Encryption = EncryptionRules.None,
    };

    public async Task<ArchiveSummary> BackupAsync(Stream destination, bool skipObjects = false, Func<Task>? meanwhile = null)
    {
        await using var backup = await InstallationBackup.PrepareAsync(
            Open(), new BackupRequest(Password, skipObjects), TimeProvider.System, NullLoggerFactory.Instance, default);
        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        return await backup.WriteAsync(destination, default);
    }

    public async Task<byte[]> BackupAsync()
    {
        using var file = new MemoryStream();
        await BackupAsync(file);
        return file.ToArray();
    }

    public Task<ArchiveSummary?> RestoreAsync(byte[] backup, string? id = "r", NpgsqlDataSource? source = null) =>
        new InstallationRestore(Open(source), TimeProvider.System, NullLoggerFactory.Instance).RunAsync(
            new MemoryStream(backup), new RestoreRequest(Password, Overwrite: true) { OperationId = id }, default);

    /// <summary>The states of rows and objects: one, where they are of one moment.</summary>
    public async Task<string> StatesAsync()
    {
        var row = await Database.QueryAsync<string>("SELECT state FROM t");
        var objects = (await ObjectSet.ReadAsync(Objects.Open())).Values;
        return string.Join(' ', objects.Prepend(row).Distinct());
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Objects.DisposeAsync();
    }
}
