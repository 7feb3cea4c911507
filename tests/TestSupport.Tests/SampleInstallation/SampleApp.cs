using System.Net.Http.Headers;
using System.Text;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Postgres;
using TfeBackup.TestSupport.Processes;
using TfeBackup.TestSupport.Transit;

namespace TfeBackup.TestSupport.Tests.SampleInstallation;

/// <summary>A running sample application with its database, object store and Vault.</summary>
public sealed class SampleApp : IAsyncDisposable
{
    public const string Application = "sample";
    public const string User = "root";
    public const string Password = "correct horse";

    private readonly TempFolder _folder = new();

    private SampleApp()
    {
    }

    public static string Assembly => Path.Combine(AppContext.BaseDirectory, "TfeBackup.SampleInstallation.dll");

    public AppProcess Process { get; private set; } = null!;

    public PostgresDatabase Database { get; private set; } = null!;

    public TransitServer Vault { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Reads an object as it stands in the store.</summary>
    public Func<string, Task<byte[]>> ReadStoredAsync { get; private set; } = null!;

    public IReadOnlyDictionary<string, string> Settings { get; private set; } = null!;

    public static async Task<SampleApp> StartAsync(bool inContainer = false)
    {
        var app = new SampleApp();
        app.Vault = await TransitServer.StartAsync();
        app.Database = await (await PostgresServer.SharedAsync(PostgresBinaries.Newest)).CreateDatabaseAsync("sample");
        var settings = new Dictionary<string, string>
        {
            ["Sample:Postgres"] = app.Database.ConnectionString,
            ["Sample:Vault:Address"] = app.Vault.Address.ToString(),
            ["Sample:Vault:Token"] = app.Vault.Token,
            ["Sample:Vault:App"] = Application,
        };
        if (inContainer)
        {
            var azurite = await AzuriteServer.SharedAsync();
            var container = await azurite.CreateContainerAsync();
            settings["Sample:ObjectStore:Kind"] = "AzureBlob";
            settings["Sample:ObjectStore:ConnectionString"] = azurite.ConnectionString;
            settings["Sample:ObjectStore:Container"] = container.Name;
            app.ReadStoredAsync = async key => (await container.GetBlobClient(key).DownloadContentAsync()).Value.Content.ToArray();
        }
        else
        {
            settings["Sample:ObjectStore:Kind"] = "Directory";
            settings["Sample:ObjectStore:Path"] = app._folder.Root;
            app.ReadStoredAsync = key => File.ReadAllBytesAsync(app._folder.Combine(key));
        }

        app.Settings = settings;
        app.Process = await AppProcess.StartAsync(Assembly, settings);
        app.Http = app.CreateClient(User, Password);
        (await app.Http.PostAsync("/api/v1/users/first", Json($$"""{"name":"{{User}}","password":"{{Password}}","otpSecret":"JBSWY3DPEHPK3PXP"}"""))).EnsureSuccessStatusCode();
        return app;
    }

    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    public HttpClient CreateClient(string user, string password) =>
        new()
        {
            BaseAddress = Process.Address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))) },
        };

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await Process.DisposeAsync();
        await Database.DisposeAsync();
        await Vault.DisposeAsync();
        _folder.Dispose();
    }
}
