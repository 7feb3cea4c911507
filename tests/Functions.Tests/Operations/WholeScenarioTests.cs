using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using TfeBackup.Azure.Secrets;
using TfeBackup.Functions.Composition;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Telemetry;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.KeyVault;

namespace TfeBackup.Functions.Tests.Operations;

/// <summary>
/// Two real installations with their backup services, real PostgreSQL, Azurite, secrets from a Key Vault endpoint: a scheduled backup, the password
/// rotated, a restore over HTTP with approval, the restart, a drill, retention. Then everything the app has written anywhere is searched for every secret.
/// </summary>
public sealed class WholeScenarioTests
{
    [Fact]
    public async Task A_scheduled_backup_is_restored_elsewhere_after_the_password_was_rotated_and_no_secret_is_written_anywhere()
    {
        await using var old = await TestInstallation.CreateFilledAsync();
        await using var target = await TestInstallation.CreateAsync(blob: true);
        await using var oldService = await BackupService.StartAsync(old);
        using var folder = new TempFolder();
        await using var newService = await BackupService.StartAsync(target, [.. ApplicationSettings(folder.Combine("running"))]);
        await using var vault = await KeyVaultServer.StartAsync();
        var first = "first-password-" + Guid.NewGuid().ToString("N");
        var second = "second-password-" + Guid.NewGuid().ToString("N");
        vault.Set("old-token", oldService.Token);
        vault.Set("new-token", newService.Token);
        var version = vault.Set("backup-password", first);

        // Of its own: everything in it is this app's.
        await using var azurite = await AzuriteServer.StartAsync();
        var store = await azurite.CreateContainerAsync();
        var settings = Settings(oldService, newService, azurite, store);
        var log = new TextLoggers();
        using var metrics = new Measurements();
        var written = new List<string>();
        await using var app = await FunctionsApp.StartAsync(services => Compose(services, vault), log, settings: settings);

        // The scheduled backup.
        await app.TickAsync();
        var backupId = Assert.Single(await ListAsync(app))["id"]!.GetValue<string>();
        Assert.StartsWith("backup-old-", backupId, StringComparison.Ordinal);
        Assert.Null((await app.EndAsync(backupId)).Failure);
        var record = OperationQueries.ReadBackup(await app.Queries.GetAsync(backupId, default))!.Record;
        Assert.Equal(("backup-password", version), (record.Password.Name, record.Password.Version));

        // The password is rotated; the restore asks for the version that the backup was made with.
        vault.Set("backup-password", second);
        using var restore = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "latest", from = "old", approval = "required" });
        written.Add(await restore.Content.ReadAsStringAsync());
        var restoreId = JsonNode.Parse(written[^1])!["id"]!.GetValue<string>();
        await app.WaitingAsync(restoreId);
        Assert.Empty(await target.AllKeysAsync());
        using var word = await app.Http.PostAsJsonAsync($"/api/operations/{restoreId}/approval", new { approved = true, by = "kim" });
        var restored = await app.EndAsync(restoreId);
        Assert.Null(restored.Failure);
        Assert.Equal(await old.PlainContentAsync(), await target.PlainContentAsync());
        Assert.True(File.Exists(folder.Combine("running")));
        Assert.Equal(
            ["stop", "stopped", "start", "ready again"],
            restored.Status!.Steps.Select(step => step.Name).Where(name => name is "stop" or "stopped" or "start" or "ready again"));

        // The drill, into the installation that was restored into.
        using var drill = await app.Http.PostAsync("/api/installations/old/drills", null);
        written.Add(await drill.Content.ReadAsStringAsync());
        var drilled = await app.EndAsync(JsonNode.Parse(written[^1])!["id"]!.GetValue<string>());
        Assert.Null(drilled.Failure);
        Assert.Contains("match the backup", drilled.Status!.Steps.Single(step => step.Name == "compare").Detail, StringComparison.Ordinal);

        // A second backup, with the new version, and what becomes of one that cannot be opened.
        using var again = await app.Http.PostAsync("/api/installations/old/backups", null);
        var againId = JsonNode.Parse(await again.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        Assert.Null((await app.EndAsync(againId)).Failure);
        using var missing = await app.Http.PostAsJsonAsync("/api/installations/new/restores", new { backup = "20200101T000000Z-00000000", from = "old" });
        var missingId = JsonNode.Parse(await missing.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        Assert.Equal(OperationState.Failed, (await app.EndAsync(missingId)).State);
        using var health = await app.Http.GetAsync("/api/health");
        Assert.True(health.IsSuccessStatusCode, await health.Content.ReadAsStringAsync());
        using var nowhere = await app.Http.PostAsync("/api/installations/nowhere/backups", null);

        written.Add(await nowhere.Content.ReadAsStringAsync());
        written.Add(await app.Http.GetStringAsync("/api/operations"));
        written.Add(await app.Http.GetStringAsync("/api/installations/old/backups"));
        written.AddRange(app.Hub.Histories.Values);
        written.AddRange(log.Lines);
        written.AddRange(metrics.Lines);
        written.AddRange(await ReadBlobsAsync(azurite));
        Assert.Equal(5, app.Hub.Histories.Count);
        Assert.Contains(metrics.Lines, line => line.StartsWith(TelemetryNames.RestoreDuration, StringComparison.Ordinal));
        var secrets = new Dictionary<string, string>
        {
            ["the first password"] = first,
            ["the second password"] = second,
            ["old's token"] = oldService.Token,
            ["new's token"] = newService.Token,
            ["old's Vault token"] = old.Vault.Token,
            ["new's Vault token"] = target.Vault.Token,
            ["PostgreSQL's password"] = new NpgsqlConnectionStringBuilder(old.Database.ConnectionString).Password!,
            ["the storage account's key"] = azurite.ConnectionString.Split("AccountKey=")[1].Split(';')[0],
        };
        var all = string.Join('\n', written);
        Assert.Contains(version, all, StringComparison.Ordinal);
        Assert.All(secrets, secret =>
        {
            Assert.NotEmpty(secret.Value);
            Assert.False(all.Contains(secret.Value, StringComparison.Ordinal), $"{secret.Key} was written down.");
            Assert.False(all.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret.Value)), StringComparison.Ordinal), $"{secret.Key} was written down.");
        });
    }

    private static void Compose(IServiceCollection services, KeyVaultServer vault)
    {
        var options = KeyVaultSecretSource.CreateOptions();
        options.Transport = vault.CreateTransport();
        services.AddBackupApp();
        services.AddSingleton<ISecretSource>(new KeyVaultSecretSource(vault.VaultUri, vault.Credential, options));

        // Failures are retried as in production: a machine that is busy fails now and then.
        services.AddSingleton(new OperationTimings { PollInterval = ScriptedSite.Timings.PollInterval, WatchInterval = ScriptedSite.Timings.WatchInterval });
    }

    private static IConfiguration Settings(
        BackupService oldService, BackupService newService, AzuriteServer azurite, BlobContainerClient store)
    {
        var settings = new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = azurite.ConnectionString,
            ["Installations:old:Endpoint"] = oldService.Process.Address.ToString(),
            ["Installations:old:TokenSecret"] = "old-token",
            ["Installations:old:PasswordSecret"] = "backup-password",
            ["Installations:old:Schedule"] = "0 0 0 1 1 *",
            ["Installations:old:Retention:KeepLast"] = "3",
            ["Installations:old:Drill:Into"] = "new",
            ["Installations:new:Endpoint"] = newService.Process.Address.ToString(),
            ["Installations:new:TokenSecret"] = "new-token",
            ["Installations:new:PasswordSecret"] = "backup-password",
            ["Installations:new:Restart:Kind"] = "Service",
            ["Store:Kind"] = "AzureBlob",
            ["Store:ConnectionString"] = azurite.ConnectionString,
            ["Store:Container"] = store.Name,
        };
        return new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
    }

    private static IEnumerable<(string Key, string Value)> ApplicationSettings(string running)
    {
        yield return ("Installation:Application:Kind", "Command");
        foreach (var (name, command) in new[] { ("Stop", $"rm -f {running}"), ("Status", $"test -e {running} || exit 3"), ("Start", $"touch {running}") })
        {
            yield return ($"Installation:Application:{name}:0", "sh");
            yield return ($"Installation:Application:{name}:1", "-c");
            yield return ($"Installation:Application:{name}:2", command);
        }
    }

    private static async Task<IReadOnlyList<JsonNode>> ListAsync(FunctionsApp app) =>
        [.. JsonNode.Parse(await app.Http.GetStringAsync("/api/operations"))!["operations"]!.AsArray()!];

    /// <summary>Names, metadata, tags and documents of all blobs, and the documents among them, which the backups themselves are not.</summary>
    private static async Task<List<string>> ReadBlobsAsync(AzuriteServer azurite)
    {
        var lines = new List<string>();
        var service = new BlobServiceClient(azurite.ConnectionString);
        await foreach (var container in service.GetBlobContainersAsync())
        {
            var client = service.GetBlobContainerClient(container.Name);
            await foreach (var blob in client.GetBlobsAsync(BlobTraits.All, BlobStates.All, prefix: null, cancellationToken: default))
            {
                lines.Add($"{container.Name}/{blob.Name} {string.Join(' ', blob.Metadata)} {string.Join(' ', blob.Tags ?? new Dictionary<string, string>())}");
                if (blob.Name.EndsWith(".json", StringComparison.Ordinal))
                {
                    lines.Add((await client.GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content.ToString());
                }
            }
        }

        return lines;
    }

    /// <summary>Measurements of the operations' meter with their dimensions, as text.</summary>
    private sealed class Measurements : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Measurements()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TelemetryNames.Meter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public ConcurrentQueue<string> Lines { get; } = new();

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var line = new StringBuilder(instrument.Name).Append(' ').Append(value.ToString(CultureInfo.InvariantCulture));
            foreach (var (name, text) in tags)
            {
                line.Append(' ').Append(name).Append('=').Append(text);
            }

            Lines.Enqueue(line.ToString());
        }
    }

    /// <summary>Everything that is logged, as text with fields and exceptions.</summary>
    private sealed class TextLoggers : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var fields = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs) : "";
            Lines.Enqueue($"{eventId} {formatter(state, exception)} {fields} {exception}");
        }

        public void Dispose()
        {
            // Nothing to dispose of.
        }
    }
}
