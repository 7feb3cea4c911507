using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Azurite;

namespace TfeBackup.Demo;

/// <summary>The demo's steps.</summary>
internal static class Demonstration
{
    private const int OldPostgres = 15;
    private const int NewPostgres = 18;
    private const int Release = 2;
    private const int KeptBytes = 100_000;
    private const double Megabyte = 1_000_000;

    /// <summary>Runs the demo.</summary>
    /// <returns>The exit code: 0 if nothing differs.</returns>
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var whole = Stopwatch.StartNew();
        var narrator = new Narrator(Console.Out);
        Console.WriteLine("An installation is backed up and restored into a new one with other keys.");
        using var folder = new TempFolder();
        var shell = new Shell(narrator, folder);
        using var api = new ServiceApi(narrator, shell, folder.Root);

        narrator.Step("Start two installations, each with its own database, objects, Vault keys, application and service");
        var disk = folder.Combine("old-objects");
        Directory.CreateDirectory(disk);
        await using var azurite = await AzuriteServer.StartAsync(cancellationToken);
        var container = await azurite.CreateContainerAsync(cancellationToken);
        var startOld = Installation.StartAsync("old", "atlas", OldPostgres, new MountedDisk(disk), folder, cancellationToken);
        var startNew = Installation.StartAsync(
            "new", "tfe", NewPostgres, new BlobContainer(azurite.ConnectionString, container), folder, cancellationToken);
        await using var old = await startOld;
        await using var restored = await startNew;
        foreach (var installation in (Installation[])[old, restored])
        {
            var version = await installation.Database.QueryAsync<string>("SHOW server_version", cancellationToken);
            narrator.Found($"{installation.Name}: PostgreSQL {version}, {installation.Objects.Description}");
            narrator.Found($"     application {installation.Application.Address}  service {installation.Service.Address}");
        }

        narrator.Done("both are up");

        narrator.Step("Fill the old installation");
        var filling = new Filling(old);
        await filling.RunAsync(cancellationToken);
        narrator.Done($"{Filling.Workspaces:N0} workspaces, {Filling.Workspaces * Filling.StatesEach:N0} states, {Filling.Workspaces * Filling.SecretsEach:N0} secrets, through its application");
        var project = await ApplyWithTerraformAsync(old, shell, folder, narrator, cancellationToken);
        await filling.RefreshSummariesAsync(cancellationToken);

        narrator.Step("Back it up, as an operator does, and look at the backup");
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await using var application = await ApplicationScript.CreateAsync(restored, shell, folder, cancellationToken);
        var store = await azurite.CreateContainerAsync(cancellationToken);
        var @operator = await Operator.CreateAsync(
            old, restored, application, password, azurite.ConnectionString, store.Name, shell, narrator, folder, cancellationToken);
        await @operator.RunAsync("tfe-backup backup old", narrator, cancellationToken);
        await @operator.RunAsync("tfe-backup list", narrator, cancellationToken);
        await @operator.RunAsync("tfe-backup verify old/latest", narrator, cancellationToken);
        narrator.Done($"peak memory of the service {PeakMemory(old)}");

        narrator.Step("The documented calls do the same; a backup that was cut short is refused, and leaves the new installation as it is");
        await File.WriteAllTextAsync(folder.Combine("payload.json"), new JsonObject { ["password"] = password }.ToJsonString(), cancellationToken);
        Expect(await api.BackUpAsync(old, "payload.json", "backup.blob", cancellationToken), HttpStatusCode.OK, old, narrator);
        narrator.Done($"backup.blob: {new FileInfo(folder.Combine("backup.blob")).Length / Megabyte:0.0} MB");
        var cut = string.Create(CultureInfo.InvariantCulture, $"head -c {KeptBytes} backup.blob > cut.blob");
        await shell.RunAsync(cut, folder.Root, new Dictionary<string, string?>(), cancellationToken);
        Expect(await api.RestoreAsync(restored, "payload.json", "cut.blob", cancellationToken), HttpStatusCode.BadRequest, restored, narrator);
        narrator.Check(await CountRowsAsync(restored, cancellationToken) == 0, "the new database is still empty");
        narrator.Check((await restored.Objects.ListAsync(cancellationToken)).Count == 0, "the new container is still empty");

        narrator.Step("Restore the latest backup into the new installation, and restart its application");
        await CheckServedAsync(restored, 0, HttpStatusCode.Unauthorized, "before", narrator, cancellationToken);
        await @operator.RunAsync("tfe-backup restore latest --to new", narrator, cancellationToken);
        narrator.Done($"peak memory of the service {PeakMemory(restored)}");
        narrator.Check(!restored.Application.IsRunning, "the process that knew of nothing has ended");
        await CheckServedAsync(restored, Filling.Workspaces + (project is null ? 0 : 1), HttpStatusCode.OK, "after", narrator, cancellationToken);
        await @operator.RunAsync("tfe-backup operations", narrator, cancellationToken);

        narrator.Step("Compare the two installations");
        var comparison = new Comparison(old, restored, narrator);
        await comparison.CompareRowsAsync(cancellationToken);
        await comparison.CompareObjectsAsync(cancellationToken);
        await comparison.CompareServedAsync(cancellationToken);
        if (project is not null)
        {
            await project.InitialiseAsync(restored, cancellationToken);
            var plan = await project.PlanAsync(restored, Release, cancellationToken);
            narrator.Check(plan.StartsWith("No changes.", StringComparison.Ordinal), $"terraform: {plan}");
        }

        Console.WriteLine();
        Console.WriteLine(narrator.Differences == 0
            ? $"The new installation holds and serves exactly what the old one does. ({whole.Elapsed.TotalSeconds:0} s)"
            : $"{narrator.Differences} checks found a difference.");
        return narrator.Differences == 0 ? 0 : 1;
    }

    private static async Task<TerraformProject?> ApplyWithTerraformAsync(
        Installation installation, Shell shell, TempFolder folder, Narrator narrator, CancellationToken cancellationToken)
    {
        if (!TerraformProject.HasTerraform)
        {
            narrator.Found("(terraform is not on the PATH: no states are made by it)");
            return null;
        }

        const string workspace = "made-by-terraform";
        using var http = installation.CreateClient(Filling.User, Filling.Password);
        using var body = new StringContent($$"""{"name":"{{workspace}}"}""", System.Text.Encoding.UTF8, "application/json");
        using var created = await http.PostAsync("/api/v1/workspaces", body, cancellationToken);
        created.EnsureSuccessStatusCode();
        var project = await TerraformProject.CreateAsync(shell, folder, workspace, cancellationToken);
        await project.InitialiseAsync(installation, cancellationToken);
        for (var release = 1; release <= Release; release++)
        {
            await project.ApplyAsync(installation, release, cancellationToken);
        }

        narrator.Done("and a workspace by terraform itself, through the http backend");
        return project;
    }

    private static void Expect(int status, HttpStatusCode expected, Installation installation, Narrator narrator)
    {
        narrator.Check(status == (int)expected, $"{status}");
        if (status != (int)expected)
        {
            throw new DemoException($"{(int)expected} was expected. The service of the {installation.Name} installation says:{Environment.NewLine}{installation.Service.ReadLog()}");
        }
    }

    private static async Task CheckServedAsync(
        Installation installation, int workspaces, HttpStatusCode status, string when, Narrator narrator, CancellationToken cancellationToken)
    {
        using var http = installation.CreateClient(Filling.User, Filling.Password);
        var held = JsonNode.Parse(await http.GetStringAsync("/api/v1/installation", cancellationToken))!["workspaces"]!.GetValue<int>();
        narrator.Check(held == workspaces, $"{when} its restart it serves {held} workspaces");
        using var answer = await http.GetAsync($"/state/{Filling.Names.Last()}", cancellationToken);
        narrator.Check(answer.StatusCode == status, $"{when} its restart a user of the old installation asks for a state: {(int)answer.StatusCode}");
    }

    private static Task<long> CountRowsAsync(Installation installation, CancellationToken cancellationToken) =>
        installation.Database.QueryAsync<long>(
            "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM workspaces) + (SELECT count(*) FROM state_versions) + (SELECT count(*) FROM audit_events)",
            cancellationToken);

    private static string PeakMemory(Installation installation) =>
        OperatingSystem.IsLinux() ? $"{installation.Service.PeakMemory / Megabyte:0} MB" : "unknown here";
}
