using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging;
using TfeBackup.Azure;
using TfeBackup.Azure.Operations;
using TfeBackup.Functions.Composition;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Scheduling;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Telemetry;
using TfeBackup.Workflows.Tests.Operations;

namespace TfeBackup.Functions.Tests;

/// <summary>Two scripted installations, <c>old</c> and <c>new</c>, with backups and claims in Azurite.</summary>
internal sealed class ScriptedSite : IInstallationProvider, ILoggerFactory
{
    public const string Password = "befit-brakeman-footstep-unclasp";

    private readonly BlobContainerClient _container;
    private readonly BlobContainerClient _claims;

    private ScriptedSite(BlobContainerClient container, BlobContainerClient claims)
    {
        _container = container;
        _claims = claims;
        Store = new BlobBackupStore(container);
    }

    /// <summary>What a backup of <c>old</c> is.</summary>
    public byte[] Archive { get; private set; } = [];

    public ScriptedInstallation Old { get; } = new("old");

    public ScriptedInstallation New { get; } = new("new") { Answer = new() { Ready = true, Detail = "OK", Content = InstallationContent.Empty } };

    public ScriptedSecrets Secrets { get; } = new();

    public BlobBackupStore Store { get; }

    public bool ByHand { get; set; }

    public string? Schedule { get; init; }

    public RetentionPolicy? Retention { get; set; }

    public string? DrillInto { get; set; }

    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(90);

    public ConcurrentQueue<string> Log { get; } = new();

    public static async Task<ScriptedSite> CreateAsync(string? schedule = null, RetentionPolicy? retention = null)
    {
        var azurite = await AzuriteServer.SharedAsync();
        return await OpenAsync(await azurite.CreateContainerAsync(), await azurite.CreateContainerAsync(), schedule, retention);
    }

    /// <summary>A site whose backups and claims are in containers that there are.</summary>
    public static async Task<ScriptedSite> OpenAsync(
        BlobContainerClient store, BlobContainerClient claims, string? schedule = null, RetentionPolicy? retention = null)
    {
        var archive = await SampleArchive.CreateAsync(Password);
        var site = new ScriptedSite(store, claims) { Schedule = schedule, Retention = retention };
        site.Secrets.Set("backup-password", "v1", Password);
        site.Archive = archive;
        site.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(archive));
        return site;
    }

    public Task<FunctionsApp> StartAsync(Interruptions? interruptions = null) => FunctionsApp.StartAsync(Compose, this, interruptions);

    public BackupApp Compose(DurableClients clients) => ComposeWith(clients, new WorkflowTelemetry(this));

    public BackupApp ComposeWith(DurableClients clients, WorkflowTelemetry telemetry)
    {
        var parts = new AppParts
        {
            Configuration = new BackupConfiguration
            {
                Installations = new Dictionary<string, InstallationDefinition> { ["old"] = GetDefinition("old"), ["new"] = GetDefinition("new") },
                Store = new StoreDefinition { Kind = StoreKind.AzureBlob },
                Secrets = new SecretsDefinition(SecretsKind.Environment, null),
                State = new StateDefinition(null),
                Operations = new OperationsDefinition { KeepFor = KeepFor },
            },
            Installations = this,
            Store = Store,
            Secrets = Secrets,
            Claims = new BlobOperationClaims(_claims, clients.IsRunningAsync),
            Timings = Timings,
            Telemetry = telemetry,
            Time = TimeProvider.System,
            Loggers = this,
        };
        return new BackupApp(parts, clients);
    }

    public static OperationTimings Timings { get; } = new()
    {
        Calls = new RetryPolicy(5, TimeSpan.FromMilliseconds(20), 2, TimeSpan.FromSeconds(1)),
        Transfers = new RetryPolicy(5, TimeSpan.FromMilliseconds(20), 2, TimeSpan.FromSeconds(1)),
        PollInterval = TimeSpan.FromMilliseconds(20),
    };

    public Task DeleteStoreAsync() => _container.DeleteAsync();

    public async Task<List<BackupRecord>> RecordsAsync()
    {
        var records = new List<BackupRecord>();
        await foreach (var record in Store.ListAsync(null, default))
        {
            records.Add(record);
        }

        return records;
    }

    public async Task<List<CheckRecord>> ChecksAsync(BackupKey key)
    {
        var checks = new List<CheckRecord>();
        await foreach (var check in Store.ListChecksAsync(key, default))
        {
            checks.Add(check);
        }

        return checks;
    }

    public InstallationDefinition GetDefinition(string name) => new()
    {
        Name = Find(name).Name,
        Endpoint = new Uri("https://localhost"),
        Token = new SecretReference("token"),
        Password = new SecretReference("backup-password"),
        Schedule = Schedule is null || name != "old" ? null : BackupSchedule.Parse(Schedule),
        Retention = Retention,
        Drill = DrillInto is null || name != "old" ? null : new DrillDefinition(DrillInto, Schedule: null),
        Restart = RestartDefinition.ByHand with { Timeout = TimeSpan.FromMinutes(5) },
    };

    public IInstallation GetInstallation(string name) => Find(name);

    public IApplicationControl? GetControl(string name) => ByHand ? null : Find(name);

    void ILoggerFactory.AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    ILogger ILoggerFactory.CreateLogger(string categoryName) => new QueueLogger(Log);

    void IDisposable.Dispose()
    {
        // Nothing to dispose of.
    }

    private ScriptedInstallation Find(string name) => name switch
    {
        "old" => Old,
        "new" => New,
        _ => throw new WorkflowException(WorkflowError.NotFound, $"There is no installation '{name}'; configured are: new, old."),
    };

    private sealed class QueueLogger(ConcurrentQueue<string> log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception}");
    }
}
