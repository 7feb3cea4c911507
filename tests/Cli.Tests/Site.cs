using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// What an operator's machine has: a configuration, secrets, a store, and two installations, of which <c>old</c> holds data and <c>new</c> is empty.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    public const string OldPassword = "old-PASSWORD-planted-7f3a";
    public const string NewPassword = "new-PASSWORD-planted-91bc";
    public const string OldToken = "old-TOKEN-planted-5d21";
    public const string NewToken = "new-TOKEN-planted-e804";

    private Site(TempFolder folder, FakeInstallation old, FakeInstallation @new, JsonNode configuration)
    {
        Folder = folder;
        Old = old;
        New = @new;
        Configuration = configuration;
        Save();
    }

    public TempFolder Folder { get; }

    public FakeInstallation Old { get; }

    public FakeInstallation New { get; }

    /// <summary>The configuration; <see cref="Save"/> writes it.</summary>
    public JsonNode Configuration { get; }

    /// <summary>How long operations wait, as a factor of what they usually do.</summary>
    public double Timings { get; init; } = 0.01;

    /// <summary>The file whose presence means that the application of <c>new</c> is stopped; with the number of restarts behind it.</summary>
    public string RestartLog => Folder.Combine("new.restarts");

    public static async Task<Site> CreateAsync(bool oldIsVendors = false, double timings = 0.01, bool newIsVendors = false)
    {
        var folder = new TempFolder();
        Directory.CreateDirectory(folder.Combine("store"));
        var secrets = folder.Combine("secrets.json");
        File.WriteAllText(secrets, new JsonObject
        {
            ["old-token"] = OldToken,
            ["old-password"] = OldPassword,
            ["new-token"] = NewToken,
            ["new-password"] = NewPassword,
        }.ToJsonString());
        File.SetUnixFileMode(secrets, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var old = await FakeInstallation.StartAsync(OldToken, folder.Combine("old.down"), oldIsVendors);
        var @new = await FakeInstallation.StartAsync(NewToken, folder.Combine("new.down"), newIsVendors);
        @new.HoldsData = false;
        var down = folder.Combine("new.down");
        var configuration = new JsonObject
        {
            ["Installations"] = new JsonObject
            {
                ["old"] = new JsonObject
                {
                    ["Endpoint"] = old.Endpoint,
                    ["TokenSecret"] = "old-token",
                    ["PasswordSecret"] = "old-password",
                },
                ["new"] = new JsonObject
                {
                    ["Endpoint"] = @new.Endpoint,
                    ["TokenSecret"] = "new-token",
                    ["PasswordSecret"] = "new-password",
                    ["Restart"] = new JsonObject
                    {
                        ["Kind"] = "Command",
                        ["Stop"] = Command($"tr '\\0' ' ' </proc/$$/cmdline >> {folder.Combine("new.arguments")}; env >> {folder.Combine("new.environment")}; echo stopped >> {folder.Combine("new.restarts")}; touch {down}"),
                        ["Status"] = Command($"test ! -e {down} || exit 3"),
                        ["Start"] = Command($"rm -f {down}"),
                    },
                },
            },
            ["Store"] = new JsonObject { ["Kind"] = "Directory", ["Path"] = "store" },
            ["Secrets"] = new JsonObject { ["Kind"] = "File", ["Path"] = "secrets.json" },
            ["State"] = new JsonObject { ["Path"] = "state/operations.db" },
        };
        return new Site(folder, old, @new, configuration) { Timings = timings };
    }

    /// <summary>Writes the configuration.</summary>
    public void Save() => File.WriteAllText(Folder.Combine("tfe-backup.json"), Configuration.ToJsonString());

    /// <summary>Runs a command to its end.</summary>
    public Task<CliResult> RunAsync(params string[] arguments) => CliProcess.RunAsync(Folder, arguments, Environment());

    /// <summary>Runs a command to its end on a terminal.</summary>
    public Task<CliResult> RunOnTerminalAsync(string typed, params string[] arguments) => CliProcess.RunOnTerminalAsync(Folder, arguments, Environment(), typed);

    /// <summary>Starts a command.</summary>
    public Task<CliProcess> StartAsync(params string[] arguments) => CliProcess.StartAsync(Folder, arguments, Environment());

    /// <summary>The published backups, as <c>list --json</c> has them.</summary>
    public async Task<JsonArray> ListAsync()
    {
        var result = (await RunAsync("list", "--json")).ShouldEndWith(0);
        return JsonNode.Parse(result.Out)!.AsArray();
    }

    /// <summary>The operations, as <c>operations --json</c> has them.</summary>
    public async Task<JsonArray> OperationsAsync()
    {
        var result = (await RunAsync("operations", "--json", "--limit", "1000")).ShouldEndWith(0);
        return JsonNode.Parse(result.Out)!.AsArray();
    }

    /// <summary>The data of every backup in the store, published or not.</summary>
    public IReadOnlyList<string> Blobs() => Directory.GetFiles(Folder.Combine("store"), "backup.blob", SearchOption.AllDirectories);

    /// <summary>Every published record has its data, of the size it says.</summary>
    public async Task AssertConsistentAsync()
    {
        foreach (var record in await ListAsync())
        {
            var blob = Folder.Combine("store", (string)record!["key"]!["installation"]!, (string)record["key"]!["id"]!, "backup.blob");
            Assert.Equal((long)record["size"]!, new FileInfo(blob).Length);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Old.DisposeAsync();
        await New.DisposeAsync();
        Folder.Dispose();
    }

    private Dictionary<string, string?> Environment() => ScaledTimings.Variables(Timings);

    private static JsonArray Command(string script) => ["sh", "-c", script];
}
