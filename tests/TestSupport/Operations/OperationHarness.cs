using System.Collections.Concurrent;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using TfeBackup.Local.State;
using TfeBackup.Local.Stores;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Telemetry;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

/// <summary>
/// The orchestrators with their real activities over a directory store and two scripted installations, on one of the engines. The engine's clock is the
/// machine's; everything else has one that a test sets.
/// </summary>
public sealed class OperationHarness : IAsyncDisposable, IInstallationProvider, ILoggerFactory
{
    public const string Token = "token-of-old-7f3a";
    public const string Password = "befit-brakeman-footstep-unclasp";

    // Long, since a machine may be busy with other things: only what never comes takes so long.
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly IOperationEngine _engine;
    private readonly IReadOnlyList<NotificationDefinition> _notifications;
    private readonly OperationTimings _timings;
    private Recording? _recorded;
    private Interruptions? _interruptions;

    private OperationHarness(IOperationEngine engine, IReadOnlyList<NotificationDefinition> notifications, OperationTimings timings)
    {
        _engine = engine;
        _notifications = notifications;
        _timings = timings;
        Store = new FaultyStore(new DirectoryBackupStore(Directory.CreateDirectory(_folder.Combine("store")).FullName));
        Secrets.Set("token", "v1", Token);
        Secrets.Set("backup-password", "v1", Password);
    }

    /// <summary>Starts an engine with what a test needs.</summary>
    public static async Task<OperationHarness> StartAsync(
        IOperationEngine engine, IReadOnlyList<NotificationDefinition>? notifications = null, OperationTimings? timings = null)
    {
        var harness = new OperationHarness(engine, notifications ?? [], timings ?? Timings);
        await engine.StartAsync(harness);
        harness._recorded = new Recording(harness.Telemetry);
        return harness;
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

    public OperationQueries Queries => _engine.Services.GetRequiredService<OperationQueries>();

    /// <summary>How the users of the engine's host ask.</summary>
    public RequestWords Words => _engine.Services.GetRequiredService<RequestWords>();

    public DurableTaskClient Client => _engine.Client;

    public IOperationClaims Claims => _engine.Services.GetRequiredService<IOperationClaims>();

    public OperationService Operations => _engine.Services.GetRequiredService<OperationService>();

    public RetentionPolicy? Retention { get; set; }

    public bool ByHand { get; set; }

    /// <summary>Installations in the place of the scripted ones.</summary>
    public Dictionary<string, IInstallation> Replaced { get; } = [];

    /// <summary>What a test configures differently.</summary>
    public Func<InstallationDefinition, InstallationDefinition> Define { get; set; } = definition => definition;

    public bool SkipObjectStorage { get; set; }

    public ConcurrentQueue<string> Log { get; } = new();

    public EventLog Events { get; } = new();

    public OperationTelemetry Telemetry => _engine.Services.GetRequiredService<OperationTelemetry>();

    public Recording Recorded => _recorded!;

    /// <summary>Runs an activity by name, in place of the engine, as a test likes.</summary>
    public Func<string, Func<Task>, CancellationToken, Task>? Around { get; set; }

    public string Folder => _folder.Root;

    public async Task<BackupRecord> TakeBackupAsync(string installation = "old")
    {
        var instance = await EndAsync(await Operations.StartBackupAsync(installation, default));
        Assert.Null(instance.Failure);
        return OperationQueries.ReadBackup(instance)!.Record;
    }

    /// <summary>Waits for the end of an operation, and checks what its engine has kept of it.</summary>
    public async Task<OperationInstance> EndAsync(string id)
    {
        OperationInstance? instance = null;
        await PassTimeUntilAsync(
            async () =>
            {
                instance = await FindAsync(id);
                return instance is not null && instance.State != OperationState.Running;
            },
            $"operation {id} to end");
        if (instance!.State != OperationState.Terminated)
        {
            await _engine.CheckAsync(instance);
        }

        return instance;
    }

    /// <summary>Waits while time passes for what looks at something from time to time.</summary>
    public Task PassTimeUntilAsync(Func<Task<bool>> condition, string what) => WaitFor.ConditionAsync(
        () =>
        {
            Time.Advance(Timings.WatchInterval);
            return condition();
        },
        what,
        Deadline);

    /// <inheritdoc cref="PassTimeUntilAsync(Func{Task{bool}}, string)"/>
    public Task PassTimeUntilAsync(Func<bool> condition, string what) => PassTimeUntilAsync(() => Task.FromResult(condition()), what);

    /// <summary>An operation's history.</summary>
    public Task<string> HistoryAsync(string id) => _engine.ReadHistoryAsync(id);

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

    /// <summary>Takes the worker away once at each activity from now on.</summary>
    public Interruptions Interrupt(Interruptions.Moment moment)
    {
        _interruptions = new Interruptions(moment, _engine);
        Around = _interruptions.RunAsync;
        return _interruptions;
    }

    /// <summary>Runs an activity for the engine.</summary>
    /// <param name="name">The activity.</param>
    /// <param name="run">Runs it.</param>
    /// <param name="stopping">Cancelled when its worker is taken away.</param>
    public Task RunActivityAsync(string name, Func<Task> run, CancellationToken stopping) => Around?.Invoke(name, run, stopping) ?? run();

    /// <summary>Adds the operations, and what they need except the client of a task hub.</summary>
    public void Compose(IServiceCollection services)
    {
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<IBackupStore>(Store);
        services.AddSingleton<ISecretSource>(Secrets);
        services.AddSingleton<IInstallationProvider>(this);
        services.AddSingleton(_timings);
        services.AddSingleton<IOperationClaims>(provider => new FileOperationClaims(
            _folder.Combine("state"), provider.GetRequiredService<OperationQueries>().IsRunningAsync, TimeProvider.System));
        services.AddOperations(_ => new OperationSettings { Installations = [], Notifications = _notifications });
    }

    public async ValueTask DisposeAsync()
    {
        if (_interruptions is not null)
        {
            await _interruptions.SettleAsync();
            _interruptions.Dispose();
        }

        await _engine.DisposeAsync();
        _recorded?.Dispose();
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

    private async Task<OperationInstance?> FindAsync(string id)
    {
        try
        {
            return await Queries.FindAsync(id, default);
        }
#pragma warning disable CA1031 // Between two workers there is no hub to ask, and each engine says so in its own way.
        catch (Exception) when (_interruptions is not null)
#pragma warning restore CA1031
        {
            return null;
        }
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
