using System.Net;
using TfeBackup.Benchmarks.Peers.Suites;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Postgres;
using TfeBackup.TestSupport.Transit;

namespace TfeBackup.Benchmarks.Peers;

/// <summary>An installation with nothing but what a suite puts into it: a database, a folder of objects, and a Vault if wanted.</summary>
internal sealed class BenchInstallation : IAsyncDisposable
{
    private readonly string _folder;

    private BenchInstallation(PostgresDatabase database, string folder, TransitServer? vault)
    {
        Database = database;
        _folder = folder;
        Vault = vault;
        Directory.CreateDirectory(Objects);
    }

    public PostgresDatabase Database { get; }

    public TransitServer? Vault { get; }

    public string Objects => Path.Combine(_folder, "objects");

    public static async Task<BenchInstallation> CreateAsync(Bench bench, string schema, TransitServer? vault = null)
    {
        var database = await bench.Postgres.CreateDatabaseAsync("bench");
        await database.ExecuteAsync(schema);
        return new BenchInstallation(database, bench.NewMemoryFolder(), vault);
    }

    public Task<BackupService> StartServiceAsync(string program)
    {
        var token = Path.Combine(_folder, "token");
        var settings = new Dictionary<string, string>
        {
            ["Installation:Name"] = Database.Name,
            ["Installation:TokenFile"] = token,
            ["Installation:Postgres"] = Database.ConnectionString,
            ["Installation:ProductVersion"] = "1",
            ["Installation:ObjectStore:Kind"] = "Directory",
            ["Installation:ObjectStore:Path"] = Objects,
            ["Dashboard:Urls"] = "none",
        };
        if (Vault is not null)
        {
            settings["Installation:Vault:Address"] = Vault.Address.ToString();
            settings["Installation:Vault:Token"] = Vault.Token;
            settings["Installation:Vault:App"] = TestInstallation.App;
        }

        return BackupService.StartAsync(program, settings, token);
    }

    /// <summary>Makes it as it was when new, but for its schema.</summary>
    public async Task EmptyAsync()
    {
        await RowData.ExecuteAsync(
            this,
            "DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(oid::regclass::text, ', ') || ' RESTART IDENTITY' FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'); END $$");
        foreach (var folder in Directory.EnumerateDirectories(Objects))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var file in Directory.EnumerateFiles(Objects))
        {
            File.Delete(file);
        }

        await Database.Server.CheckpointAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await (Vault?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Writes a backup by a service into a file.</summary>
    public static async Task BackUpAsync(BackupService service, string file)
    {
        using var response = await service.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(response, HttpStatusCode.OK);
        await using var target = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 0, useAsync: true);
        await using var content = await response.Content.ReadAsStreamAsync();
        await content.CopyToAsync(target, 1 << 20);
    }

    /// <summary>Restores a file by a service.</summary>
    public static async Task RestoreAsync(BackupService service, string file)
    {
        await using var source = File.OpenRead(file);
        using var form = BackupService.Form(BackupService.Document(BackupService.Password), source);
        using var answer = await service.RestoreAsync(form);
        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
    }
}
