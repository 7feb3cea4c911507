using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using TfeBackup.Azure;
using TfeBackup.Azure.Claims;
using TfeBackup.Functions.Composition;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Functions.Tests;

/// <summary>Two scripted installations, <c>old</c> (unless a test names it) and <c>new</c>, with backups and claims in Azurite.</summary>
internal sealed class ScriptedSite : IInstallationProvider, ILoggerFactory
{
    public const string Password = "befit-brakeman-footstep-unclasp";

    private readonly BlobContainerClient _container;
    private readonly BlobContainerClient _claims;

    private ScriptedSite(BlobContainerClient container, BlobContainerClient claims, string name)
    {
        Old = new(name);
        _container = container;
        _claims = claims;
        Store = new BlobBackupStore(container);
    }

    /// <summary>What a backup of the first is.</summary>
    public byte[] Archive { get; private set; } = [];

    public ScriptedInstallation Old { get; }

    public ScriptedInstallation New { get; } = new("new") { Answer = new() { Ready = true, Detail = "OK", Content = InstallationContent.Empty } };

    public ScriptedSecrets Secrets { get; } = new();

    public BlobBackupStore Store { get; }

    public bool ByHand { get; set; }

    public string? Schedule { get; init; }

    public RetentionPolicy? Retention { get; set; }

    public string? DrillInto { get; set; }

    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(90);

    public ConcurrentQueue<string> Log { get; } = new();

    public static async Task<ScriptedSite> CreateAsync(string? schedule = null, RetentionPolicy? retention = null, string name = "old")
    {
        var azurite = await AzuriteServer.SharedAsync();
        return await OpenAsync(await azurite.CreateContainerAsync(), await azurite.CreateContainerAsync(), schedule, retention, name);
    }

    /// <summary>A site whose backups and claims are in containers that there are.</summary>
    public static async Task<ScriptedSite> OpenAsync(
        BlobContainerClient store, BlobContainerClient claims, string? schedule = null, RetentionPolicy? retention = null, string name = "old")
    {
        var archive = await SampleArchive.CreateAsync(Password, name);
        var site = new ScriptedSite(store, claims, name) { Schedule = schedule, Retention = retention };
        site.Secrets.Set("backup-password", "v1", Password);
        site.Archive = archive;
        site.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(archive));
        return site;
    }

    public Task<FunctionsApp> StartAsync() => FunctionsApp.StartAsync(Compose, this);

    public void Compose(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IInstallationProvider>(this);
        services.AddSingleton<IBackupStore>(Store);
        services.AddSingleton<ISecretSource>(Secrets);
        services.AddSingleton<IOperationClaims>(provider => new BlobOperationClaims(_claims, provider.GetRequiredService<OperationQueries>().IsRunningAsync));
        services.AddSingleton(Timings);
        services.AddOperations(_ => new OperationSettings { Installations = [GetDefinition(Old.Name), GetDefinition(New.Name)], KeepFor = KeepFor });
        services.AddFunctions();
    }

    public static OperationTimings Timings { get; } = new()
    {
        Calls = new RetryTimes(5, TimeSpan.FromMilliseconds(20), 2, TimeSpan.FromSeconds(1)),
        Transfers = new RetryTimes(5, TimeSpan.FromMilliseconds(20), 2, TimeSpan.FromSeconds(1)),
        Scheduled = null,
        PollInterval = TimeSpan.FromMilliseconds(20),
        WatchInterval = TimeSpan.FromMilliseconds(200),
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
        Password = new SecretReference("backup-password"),
        Schedule = Schedule is null || name != Old.Name ? null : BackupSchedule.Parse(Schedule),
        Retention = Retention,
        Drill = DrillInto is null || name != Old.Name ? null : new DrillDefinition(DrillInto, Schedule: null),
        RestartTimeout = TimeSpan.FromMinutes(5),
        Secrets = [new SecretReference("backup-password")],
    };

    public IInstallation GetInstallation(string name) => Find(name);

    public IApplicationControl? GetControl(string name) => ByHand ? null : Find(name);

    void ILoggerFactory.AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    ILogger ILoggerFactory.CreateLogger(string categoryName) => new QueueLogger(Log);

    void IDisposable.Dispose()
    {
        // Nothing to dispose of.
    }

    private ScriptedInstallation Find(string name) =>
        name == Old.Name ? Old
        : name == New.Name ? New
        : throw new OperationException(OperationError.NotFound, $"There is no installation '{name}'; configured are: {New.Name}, {Old.Name}.");

    private sealed class QueueLogger(ConcurrentQueue<string> log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception}");
    }
}
