using System.Collections.Concurrent;
using DurableTask.Core.History;
using DurableTask.Sqlite;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using TfeBackup.Local.State;
using TfeBackup.Local.Stores;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Telemetry;
using TfeBackup.Operations.Tests.Telemetry;
using TfeBackup.TestSupport;

namespace TfeBackup.Operations.Tests.Operations;

/// <summary>
/// The orchestrators with their real activities over a directory store and two scripted installations, on Durable Task with an SQLite file. The engine's
/// clock is the machine's; everything else has one that a test sets.
/// </summary>
internal sealed class OperationHarness : IAsyncDisposable, IInstallationProvider, ILoggerFactory
{
    public const string Token = "token-of-old-7f3a";
    public const string Password = "befit-brakeman-footstep-unclasp";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly IHost _host;

    public OperationHarness(IReadOnlyList<NotificationDefinition>? notifications = null, OperationTimings? timings = null)
    {
        Store = new FaultyStore(new DirectoryBackupStore(Directory.CreateDirectory(_folder.Combine("store")).FullName));
        Secrets.Set("token", "v1", Token);
        Secrets.Set("backup-password", "v1", Password);
        _host = CreateHost(notifications ?? [], timings ?? Timings);
        Recorded = new Recording(Telemetry);
        _host.Start();
    }

    /// <summary>Times as a test has them.</summary>
    public static OperationTimings Timings { get; } = new()
    {
        Calls = new RetryTimes(3, TimeSpan.FromMilliseconds(5), 2, TimeSpan.FromMilliseconds(20)),
        Transfers = new RetryTimes(3, TimeSpan.FromMilliseconds(5), 2, TimeSpan.FromMilliseconds(20)),
        Scheduled = null,
        PollInterval = TimeSpan.FromMilliseconds(10),
    };

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public ScriptedInstallation Old { get; } = new("old");

    public ScriptedInstallation New { get; } = new("new") { Answer = new() { Ready = true, Detail = "OK", Content = InstallationContent.Empty } };

    public ScriptedSecrets Secrets { get; } = new();

    public FaultyStore Store { get; }

    public OperationQueries Queries => _host.Services.GetRequiredService<OperationQueries>();

    public DurableTaskClient Client => _host.Services.GetRequiredService<DurableTaskClient>();

    public IOperationClaims Claims => _host.Services.GetRequiredService<IOperationClaims>();

    public OperationService Operations => _host.Services.GetRequiredService<OperationService>();

    public RetentionPolicy? Retention { get; set; }

    public bool ByHand { get; set; }

    /// <summary>Installations in the place of the scripted ones.</summary>
    public Dictionary<string, IInstallation> Replaced { get; } = [];

    /// <summary>What a test configures differently.</summary>
    public Func<InstallationDefinition, InstallationDefinition> Define { get; set; } = definition => definition;

    public bool SkipObjectStorage { get; set; }

    public ConcurrentQueue<string> Log { get; } = new();

    public EventLog Events { get; } = new();

    public OperationTelemetry Telemetry => _host.Services.GetRequiredService<OperationTelemetry>();

    public Recording Recorded { get; }

    public string Folder => _folder.Root;

    public async Task<BackupRecord> TakeBackupAsync(string installation = "old")
    {
        var instance = await EndAsync(await Operations.StartBackupAsync(installation, default));
        Assert.Null(instance.Failure);
        return OperationQueries.ReadBackup(instance)!.Record;
    }

    /// <summary>Waits for the end of an operation, and checks that its history can be replayed.</summary>
    public async Task<OperationInstance> EndAsync(string id)
    {
        OperationInstance? instance = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                // For what is looked at from time to time.
                Time.Advance(TimeSpan.FromSeconds(5));
                instance = await Queries.FindAsync(id, default);
                return instance!.State != OperationState.Running;
            },
            $"operation {id} to end",
            Deadline);
        if (instance!.State != OperationState.Terminated)
        {
            var history = await HistoryAsync(id);
            Recordings.Verify(history);
            Recordings.Keep(instance, history);
        }

        return instance;
    }

    /// <summary>An operation's history.</summary>
    public async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(string id) => [.. await Client.GetOrchestrationHistoryAsync(id, default)];

    /// <summary>Waits until an operation waits for an operator.</summary>
    public async Task<OperationWait> WaitingAsync(string id)
    {
        OperationWait? wait = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                wait = (await Queries.GetAsync(id, default)).Status?.Waiting;
                return wait is not null;
            },
            $"operation {id} to wait for an operator",
            Deadline);
        return wait!;
    }

    public static IReadOnlyList<string> Steps(OperationInstance instance) =>
        [.. instance.Status!.Steps.Select(step => step.Name)];

    public static OperationStep Step(OperationInstance instance, string name) =>
        instance.Status!.Steps.Last(step => step.Name == name);

    public async Task<List<BackupRecord>> RecordsAsync(string? installation = null) => await ToListAsync(Store.ListAsync(installation, default));

    public async Task<List<Orphan>> OrphansAsync() => await ToListAsync(Store.ListOrphansAsync(null, default));

    public async Task<List<CheckRecord>> ChecksAsync(BackupKey key) => await ToListAsync(Store.ListChecksAsync(key, default));

    public InstallationDefinition GetDefinition(string name) => Define(new()
    {
        Name = Find(name).Name,
        Password = new SecretReference("backup-password"),
        Retention = Retention,
        SkipObjectStorage = SkipObjectStorage,
        RestartTimeout = TimeSpan.FromMinutes(5),
        Secrets = [new SecretReference("token"), new SecretReference("backup-password")],
    });

    public IInstallation GetInstallation(string name) => Replaced.GetValueOrDefault(name) ?? Find(name);

    public IApplicationControl? GetControl(string name) => ByHand ? null : Find(name);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        Recorded.Dispose();
        _host.Dispose();
        _folder.Dispose();
    }

    void ILoggerFactory.AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    ILogger ILoggerFactory.CreateLogger(string categoryName) => new QueueLogger(Log, Events.CreateLogger(categoryName));

    void IDisposable.Dispose()
    {
        // DisposeAsync does.
    }

    private IHost CreateHost(IReadOnlyList<NotificationDefinition> notifications, OperationTimings timings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<ILoggerFactory>(this);
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton<IBackupStore>(Store);
        builder.Services.AddSingleton<ISecretSource>(Secrets);
        builder.Services.AddSingleton<IInstallationProvider>(this);
        builder.Services.AddSingleton(timings);
        builder.Services.AddSingleton<IOperationClaims>(provider => new FileOperationClaims(
            _folder.Combine("state"), provider.GetRequiredService<OperationQueries>().IsRunningAsync, TimeProvider.System));
        builder.Services.AddOperations(_ => new OperationSettings { Installations = [], Notifications = notifications });
        builder.Services.AddDurableTaskClient(client =>
        {
            client.Configure(options => options.DataConverter = new JsonDataConverter(HistoryJson.Options));
            client.UseSqlite(options => options.Path = _folder.Combine("state", "operations.db"));
        });
        builder.Services.AddDurableTaskWorker(worker =>
        {
            worker.AddTasks(tasks => tasks.AddOperations());
            worker.Configure(options => options.DataConverter = new JsonDataConverter(HistoryJson.Options));
            worker.UseSqlite(options => options.PollingInterval = TimeSpan.FromMilliseconds(10));
        });
        return builder.Build();
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }

    private ScriptedInstallation Find(string name) => name switch
    {
        "old" => Old,
        "new" => New,
        _ => throw new OperationException(OperationError.NotFound, $"There is no installation '{name}'; configured are: new, old."),
    };

    private sealed class QueueLogger(ConcurrentQueue<string> log, ILogger events) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            log.Enqueue($"{eventId.Id} {formatter(state, exception)}");
            events.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
