using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Cli.Tests;

/// <summary>Two real installations, each with its service as a process of its own, and the command line that backs up one and restores into the other.</summary>
internal sealed class RealSite : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private RealSite(TestInstallation old, TestInstallation @new, BackupService oldService, BackupService newService)
    {
        Old = old;
        New = @new;
        OldService = oldService;
        NewService = newService;
    }

    public TestInstallation Old { get; }

    public TestInstallation New { get; }

    public BackupService OldService { get; }

    public BackupService NewService { get; }

    /// <summary>Creates both.</summary>
    /// <param name="newServer">A PostgreSQL server for the new one alone; null for the shared one.</param>
    /// <param name="blob">Whether the new one has its objects in Blob Storage.</param>
    public static async Task<RealSite> CreateAsync(PostgresServer? newServer = null, bool blob = false)
    {
        var old = await TestInstallation.CreateFilledAsync();
        var @new = await TestInstallation.CreateAsync(blob: blob, server: newServer);
        var site = new RealSite(old, @new, await BackupService.StartAsync(old), await BackupService.StartAsync(@new, Application));
        Directory.CreateDirectory(site._folder.Combine("store"));
        var secrets = site._folder.Combine("secrets.json");
        await File.WriteAllTextAsync(secrets, new JsonObject
        {
            ["password"] = BackupService.Password,
            ["old-token"] = site.OldService.Token,
            ["new-token"] = site.NewService.Token,
        }.ToJsonString());
        File.SetUnixFileMode(secrets, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(site._folder.Combine("tfe-backup.json"), new JsonObject
        {
            ["Installations"] = new JsonObject
            {
                ["old"] = Installation(site.OldService, "old-token"),
                ["new"] = Installation(site.NewService, "new-token"),
            },
            ["Store"] = new JsonObject { ["Kind"] = "Directory", ["Path"] = "store" },
            ["Secrets"] = new JsonObject { ["Kind"] = "File", ["Path"] = "secrets.json" },
        }.ToJsonString());
        return site;
    }

    public Task<CliResult> RunAsync(params string[] arguments) => CliProcess.RunAsync(_folder, arguments, Environment);

    public Task<CliProcess> StartAsync(params string[] arguments) => CliProcess.StartAsync(_folder, arguments, Environment);

    public async Task<JsonArray> ReadAsync(params string[] arguments) =>
        JsonNode.Parse((await RunAsync([.. arguments, "--json"])).ShouldEndWith(0).Out)!.AsArray();

    public async ValueTask DisposeAsync()
    {
        await OldService.DisposeAsync();
        await NewService.DisposeAsync();
        await Old.DisposeAsync();
        await New.DisposeAsync();
        _folder.Dispose();
    }

    // Patient enough for a service that has to start again.
    private static Dictionary<string, string?> Environment => ScaledTimings.Variables(0.05);

    // An application that stops and starts at once.
    private static (string Key, string Value)[] Application =>
    [
        ("Installation:Application:Kind", "Command"),
        ("Installation:Application:Stop:0", "true"),
        ("Installation:Application:Status:0", "sh"), ("Installation:Application:Status:1", "-c"), ("Installation:Application:Status:2", "exit 3"),
        ("Installation:Application:Start:0", "true"),
    ];

    private static JsonObject Installation(BackupService service, string token) => new()
    {
        ["Endpoint"] = service.Process.Address.ToString(),
        ["TokenSecret"] = token,
        ["PasswordSecret"] = "password",
        ["Restart"] = new JsonObject { ["Kind"] = "Service" },
    };
}
