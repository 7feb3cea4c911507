using System.Net.Http.Headers;
using System.Text;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Postgres;
using TfeBackup.TestSupport.Processes;
using TfeBackup.TestSupport.Transit;

namespace TfeBackup.Demo;

/// <summary>One installation: database, object store, Vault, the application, and the backup service beside it.</summary>
internal sealed class Installation : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();

    private Installation(string name, string app, IInstallationObjects objects, TransitServer vault, PostgresServer server, PostgresDatabase database)
    {
        Name = name;
        App = app;
        Objects = objects;
        Vault = vault;
        Server = server;
        Database = database;
    }

    public string Name { get; }

    /// <summary>What the names of its Transit keys begin with.</summary>
    public string App { get; }

    public IInstallationObjects Objects { get; }

    public TransitServer Vault { get; }

    public PostgresServer Server { get; }

    public PostgresDatabase Database { get; }

    public AppProcess Application { get; private set; } = null!;

    public AppProcess Service { get; private set; } = null!;

    /// <summary>The application's program.</summary>
    public static string ApplicationAssembly { get; } = Path.Combine(AppContext.BaseDirectory, "TfeBackup.SampleInstallation.dll");

    /// <summary>What the application was started with.</summary>
    public IReadOnlyDictionary<string, string> ApplicationSettings { get; private set; } = null!;

    /// <summary>Where the service left its token.</summary>
    public string TokenFile { get; private set; } = null!;

    public static async Task<Installation> StartAsync(
        string name, string app, int postgresVersion, IInstallationObjects objects, TempFolder folder, CancellationToken cancellationToken)
    {
        var vault = await TransitServer.StartAsync(cancellationToken: cancellationToken);
        var server = await PostgresServer.StartAsync(postgresVersion, cancellationToken: cancellationToken);
        var database = await server.CreateDatabaseAsync(name, cancellationToken);
        var installation = new Installation(name, app, objects, vault, server, database);
        installation._parts.Push(vault);
        installation._parts.Push(server);
        installation._parts.Push(database);
        try
        {
            await installation.StartProgramsAsync(folder, cancellationToken);
            return installation;
        }
        catch
        {
            await installation.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of the application, signed in.</summary>
    public HttpClient CreateClient(string user, string password) =>
        new()
        {
            BaseAddress = Application.Address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))) },
        };

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }
    }

    private async Task StartProgramsAsync(TempFolder folder, CancellationToken cancellationToken)
    {
        var home = folder.Combine(Name);
        Directory.CreateDirectory(home);
        TokenFile = Path.Combine(home, "token");
        var vaultTokenFile = Path.Combine(home, "vault-token");
        await File.WriteAllTextAsync(vaultTokenFile, Vault.Token, cancellationToken);

        ApplicationSettings = Settings("Sample", vaultTokenFile);
        Application = await AppProcess.StartAsync(ApplicationAssembly, ApplicationSettings, cancellationToken);
        _parts.Push(Application);

        var settings = Settings("Installation", vaultTokenFile);
        settings["Installation:Name"] = Name;
        settings["Installation:ProductVersion"] = "v202611-1";
        settings["Installation:TokenFile"] = TokenFile;
        Service = await AppProcess.StartAsync(Path.Combine(AppContext.BaseDirectory, "TfeBackup.Server.dll"), settings, cancellationToken);
        _parts.Push(Service);
    }

    private Dictionary<string, string> Settings(string section, string vaultTokenFile)
    {
        var settings = new Dictionary<string, string>
        {
            [$"{section}:Postgres"] = Database.ConnectionString,
            [$"{section}:Vault:Address"] = Vault.Address.ToString(),
            [$"{section}:Vault:TokenFile"] = vaultTokenFile,
            [$"{section}:Vault:App"] = App,
        };
        foreach (var (name, value) in Objects.Settings)
        {
            settings[$"{section}:ObjectStore:{name}"] = value;
        }

        return settings;
    }
}
