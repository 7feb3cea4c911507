using System.Globalization;
using Npgsql;
using TfeBackup.Archive.Age;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Transit;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary>What Vault encrypts. The Vault is this process's own, so that its processor time counts as the client's.</summary>
internal static class VaultSuites
{
    private const int Rows = 600_000;
    private const int Encrypted = 5;
    private const int Objects = 20_000;
    private const string Key = TestInstallation.App + "_variables_value";
    private const string ObjectKey = TestInstallation.App + "_archivist";
    private const string Schema = "CREATE TABLE variables (id integer PRIMARY KEY, name text NOT NULL, value_encrypted text)";

    /// <summary>Rows of which a fifth hold ciphertexts, beside rows of the same length that hold none.</summary>
    public static async Task ValuesAsync(Bench bench)
    {
        var rows = bench.Scaled(Rows);
        await using var encrypted = await BenchInstallation.CreateAsync(bench, Schema, await TransitServer.StartAsync());
        await using var plain = await BenchInstallation.CreateAsync(bench, Schema, await TransitServer.StartAsync());
        await FillAsync(encrypted, rows, encrypt: true);
        await FillAsync(plain, rows, encrypt: false);
        await using var encryptedTarget = await BenchInstallation.CreateAsync(bench, Schema, await TransitServer.StartAsync());
        await using var plainTarget = await BenchInstallation.CreateAsync(bench, Schema, await TransitServer.StartAsync());
        var folder = bench.NewFolder();
        var backup = bench.NewContest("vault-values", "backup");
        var restore = bench.NewContest("vault-values", "restore");
        var services = new List<BackupService>();
        foreach (var (name, program) in bench.Services)
        {
            foreach (var (kind, source, target) in ((string, BenchInstallation, BenchInstallation)[])[("without", plain, plainTarget), ("with a fifth in Vault", encrypted, encryptedTarget)])
            {
                var file = Path.Combine(folder, kind);
                var reading = await source.StartServiceAsync(program);
                var writing = await target.StartServiceAsync(program);
                services.AddRange([reading, writing]);
                backup.Add($"{name}, {kind}", async run =>
                {
                    await BenchInstallation.BackUpAsync(reading, file);
                    run.PeakMemory = reading.Process.PeakMemory;
                });
                restore.Add(
                    $"{name}, {kind}",
                    async run =>
                    {
                        await BenchInstallation.RestoreAsync(writing, file);
                        run.PeakMemory = writing.Process.PeakMemory;
                    },
                    target.EmptyAsync);
            }
        }

        await backup.RunAsync(bench.Options.Rounds);
        backup.Notes.Add(Requests(encrypted.Vault!, bench.Options.Rounds * bench.Services.Count()));
        bench.Report.Add(backup);
        await restore.RunAsync(bench.Options.Rounds);
        restore.Notes.Add(Requests(encryptedTarget.Vault!, bench.Options.Rounds * bench.Services.Count()));
        bench.Report.Add(restore);
        foreach (var service in services)
        {
            await service.DisposeAsync();
        }
    }

    /// <summary>Objects encrypted at rest, each with a key of its own that Vault has wrapped: how many requests they take.</summary>
    public static async Task RestKeysAsync(Bench bench)
    {
        await using var source = await BenchInstallation.CreateAsync(bench, RowData.Schema, await TransitServer.StartAsync());
        await using var target = await BenchInstallation.CreateAsync(bench, RowData.Schema, await TransitServer.StartAsync());
        var count = bench.Scaled(Objects);
        await ObjectData.WriteStatesAsync(source.Objects, count);
        await Parallel.ForAsync(0, count, (i, token) => EncryptAsync(source.Vault!, ObjectData.PathOf(source.Objects, i), token));
        var file = Path.Combine(bench.NewMemoryFolder(), "ours");
        await RunAsync(bench, "backup", source, () => Task.CompletedTask, service => BenchInstallation.BackUpAsync(service, file));
        await RunAsync(bench, "restore", target, target.EmptyAsync, service => BenchInstallation.RestoreAsync(service, file));
    }

    private static async Task RunAsync(Bench bench, string what, BenchInstallation installation, Func<Task> prepare, Func<BackupService, Task> work)
    {
        var contest = bench.NewContest("rest-keys", what);
        foreach (var (name, program) in bench.Services)
        {
            var service = await installation.StartServiceAsync(program);
            contest.Add(
                name,
                async run =>
                {
                    var before = installation.Vault!.Requests.Count;
                    await work(service);
                    run.PeakMemory = service.Process.PeakMemory;
                    contest.Notes.Add($"{name}: {Describe([.. installation.Vault.Requests.Skip(before)])}");
                },
                prepare);
        }

        await contest.RunAsync(bench.Options.Rounds);
        bench.Report.Add(contest);
    }

    private static async Task FillAsync(BenchInstallation installation, int rows, bool encrypt)
    {
        await using var connection = new NpgsqlConnection(installation.Database.ConnectionString);
        await connection.OpenAsync();
        await using var copy = await connection.BeginTextImportAsync("COPY variables FROM STDIN");
        for (var i = 0; i < rows; i++)
        {
            var secret = string.Create(CultureInfo.InvariantCulture, $"the secret value number {i}");
            var value = i % Encrypted > 0 ? "\\N" : encrypt ? installation.Vault!.Encrypt(Key, secret) : $"plain:{Convert.ToBase64String(new byte[60])}{secret[..8]}";
            await copy.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{i}\tvariable_{i % 977}_of_workspace\t{value}\n"));
        }
    }

    private static async ValueTask EncryptAsync(TransitServer vault, string path, CancellationToken cancellationToken)
    {
        var plain = await File.ReadAllBytesAsync(path, cancellationToken);
        var fileKey = System.Security.Cryptography.RandomNumberGenerator.GetBytes(AgeFile.FileKeySize);
        var stanza = new AgeStanza("vault-transit", [ObjectKey], System.Text.Encoding.ASCII.GetBytes(vault.Encrypt(ObjectKey, fileKey)));
        await using var file = File.Create(path);
        await using var age = await AgeFile.CreateEncryptingStreamAsync(file, [stanza], fileKey, cancellationToken);
        await age.WriteAsync(plain, cancellationToken);
        await age.CompleteAsync(cancellationToken);
    }

    private static string Requests(TransitServer vault, int runs) =>
        $"{vault.Requests.Count(static request => request.Items > 0) / runs} requests of values a run";

    private static string Describe(IReadOnlyList<TransitRequest> requests)
    {
        int[] batches = [.. requests.Where(static request => request.Items > 0).Select(static request => request.Items).Order()];
        return $"{batches.Length} requests of values, median batch {(batches.Length > 0 ? batches[batches.Length / 2] : 0)}, {batches.Sum()} values";
    }
}
