using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using TfeBackup.Local.Runtime;
using TfeBackup.Local.Stores;
using TfeBackup.TestSupport;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Telemetry;
using TfeBackup.Workflows.Tests.Telemetry;

namespace TfeBackup.Workflows.Tests.Operations;

/// <summary>
/// The orchestrations with their real activities over the embedded runtime and a directory store, two scripted installations, and a clock
/// that runs ahead while an operation is waited for.
/// </summary>
internal sealed class OperationHarness : IAsyncDisposable, IInstallationProvider, ILoggerFactory
{
    public const string Token = "token-of-old-7f3a";
    public const string Password = "befit-brakeman-footstep-unclasp";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly Journal _journal;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _run;

    public OperationHarness(IReadOnlyCollection<NotificationDefinition>? notifications = null)
    {
        var store = Directory.CreateDirectory(_folder.Combine("store")).FullName;
        Store = new FaultyStore(new DirectoryBackupStore(store));
        Secrets.Set("token", "v1", Token);
        Secrets.Set("backup-password", "v1", Password);
        Telemetry = new WorkflowTelemetry(this);
        Recorded = new Recording(Telemetry);
        _journal = Journal.Open(_folder.Combine("journal.db"), Time);
        Client = new LocalWorkflowClient(_journal);
        Claims = new LocalOperationClaims(_journal);
        Operations = new OperationService(Client, Claims, Time);
        var worker = new LocalWorkflowWorker(
            _journal,
            WorkflowCatalog.Orchestrations,
            WorkflowCatalog.CreateActivities(this, Store, Secrets, Claims, Timings, Time, Telemetry, notifications),
            new LocalWorkerOptions { PollInterval = TimeSpan.FromMilliseconds(5), Heartbeat = TimeSpan.FromMilliseconds(50) },
            new Logger<LocalWorkflowWorker>(this));
        _run = worker.RunAsync(_stopping.Token);
    }

    public static OperationTimings Timings { get; } = new()
    {
        Calls = new RetryPolicy(3, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(1)),
        Transfers = new RetryPolicy(3, TimeSpan.FromSeconds(30), 2, TimeSpan.FromMinutes(10)),
    };

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public ScriptedInstallation Old { get; } = new("old");

    public ScriptedInstallation New { get; } = new("new") { Answer = new() { Ready = true, Detail = "OK", Content = InstallationContent.Empty } };

    public ScriptedSecrets Secrets { get; } = new();

    public FaultyStore Store { get; }

    public LocalWorkflowClient Client { get; }

    public LocalOperationClaims Claims { get; }

    public OperationService Operations { get; }

    public RetentionPolicy? Retention { get; set; }

    public bool ByHand { get; set; }

    /// <summary>Installations in the place of the scripted ones.</summary>
    public Dictionary<string, IInstallation> Replaced { get; } = [];

    /// <summary>What a test configures differently.</summary>
    public Func<InstallationDefinition, InstallationDefinition> Define { get; set; } = definition => definition;

    public bool SkipObjectStorage { get; set; }

    public ConcurrentQueue<string> Log { get; } = new();

    public EventLog Events { get; } = new();

    public WorkflowTelemetry Telemetry { get; }

    public Recording Recorded { get; }

    public string Folder => _folder.Root;

    public async Task<BackupRecord> TakeBackupAsync(string installation = "old")
    {
        var instance = await EndAsync(await Operations.StartBackupAsync(installation, default));
        Assert.Null(instance.Failure);
        return OperationService.ReadBackup(instance)!.Record;
    }

    /// <summary>Waits for the end of an operation while its clock runs ahead, and checks that its history can be replayed.</summary>
    public async Task<WorkflowInstance> EndAsync(string id)
    {
        WorkflowInstance? instance = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                instance = await Client.FindAsync(id, default);
                if (instance!.State == WorkflowState.Running && instance.Activities.Count == 0)
                {
                    Time.Advance(TimeSpan.FromSeconds(5));
                }

                return instance.State != WorkflowState.Running;
            },
            $"operation {id} to end",
            Deadline);
        if (instance!.State != WorkflowState.Terminated)
        {
            var history = Client.ReadHistory(id).ToList();
            Assert.Equal(history.Count, ReplayVerifier.Verify(WorkflowCatalog.Orchestrations.Single(o => o.Name == instance.Name), id, history));
            RecordedHistory.Keep(instance, history);
        }

        return instance;
    }

    /// <summary>Waits until an operation waits for an operator.</summary>
    public async Task<OperationWait> WaitingAsync(string id)
    {
        OperationWait? wait = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                wait = OperationService.ReadStatus((await Client.FindAsync(id, default))!)?.Waiting;
                return wait is not null;
            },
            $"operation {id} to wait for an operator",
            Deadline);
        return wait!;
    }

    public static IReadOnlyList<string> Steps(WorkflowInstance instance) =>
        [.. OperationService.ReadStatus(instance)!.Steps.Select(step => step.Name)];

    public static OperationStep Step(WorkflowInstance instance, string name) =>
        OperationService.ReadStatus(instance)!.Steps.Last(step => step.Name == name);

    public async Task<List<BackupRecord>> RecordsAsync(string? installation = null) => await ToListAsync(Store.ListAsync(installation, default));

    public async Task<List<Orphan>> OrphansAsync() => await ToListAsync(Store.ListOrphansAsync(null, default));

    public async Task<List<CheckRecord>> ChecksAsync(BackupKey key) => await ToListAsync(Store.ListChecksAsync(key, default));

    public InstallationDefinition GetDefinition(string name) => Define(new()
    {
        Name = Find(name).Name,
        Endpoint = new Uri("https://localhost"),
        Token = new SecretReference("token"),
        Password = new SecretReference("backup-password"),
        Retention = Retention,
        SkipObjectStorage = SkipObjectStorage,
        Restart = RestartDefinition.ByHand with { Timeout = TimeSpan.FromMinutes(5) },
    });

    public IInstallation GetInstallation(string name) => Replaced.GetValueOrDefault(name) ?? Find(name);

    public IApplicationControl? GetControl(string name) => ByHand ? null : Find(name);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run;
        _stopping.Dispose();
        _journal.Dispose();
        Recorded.Dispose();
        Telemetry.Dispose();
        _folder.Dispose();
    }

    void ILoggerFactory.AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    ILogger ILoggerFactory.CreateLogger(string categoryName) => new QueueLogger(Log, Events.CreateLogger(categoryName));

    void IDisposable.Dispose()
    {
        // DisposeAsync does.
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
        _ => throw new WorkflowException(WorkflowError.NotFound, $"There is no installation '{name}'; configured are: new, old."),
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
