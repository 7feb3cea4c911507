using DurableTask.Sqlite;
using Microsoft.DurableTask.Abstractions;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TfeBackup.Cli.Commands;
using TfeBackup.Cli.Configuration;
using TfeBackup.Hosting;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Local.State;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Restore;

namespace TfeBackup.Cli.Operations;

/// <summary>This machine's host of operations: Durable Task on an SQLite file, over what the configuration names.</summary>
internal sealed class OperationHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly string _state;
    private readonly TimeProvider _time;

    private OperationHost(BackupConfiguration configuration, string state, TimeProvider time)
    {
        _state = state;
        _time = time;
        Configuration = configuration;
        Progress = new FileOperationProgress(StateFolder, time);
        var services = new ServiceCollection();
        services.AddLogging();
        AddOperations(services);
        _services = services.BuildServiceProvider();
    }

    /// <summary>The configuration.</summary>
    public BackupConfiguration Configuration { get; }

    /// <summary>Finds operations.</summary>
    public OperationQueries Queries => _services.GetRequiredService<OperationQueries>();

    /// <summary>Starts operations, and tells them things.</summary>
    public OperationService Service => _services.GetRequiredService<OperationService>();

    /// <summary>Plans restores.</summary>
    public RestorePlanner Planner => _services.GetRequiredService<RestorePlanner>();

    /// <summary>Tells how installations' backups are.</summary>
    public InstallationAssessor Assessor => _services.GetRequiredService<InstallationAssessor>();

    /// <summary>The store of backups.</summary>
    public IBackupStore Store => _services.GetRequiredService<IBackupStore>();

    /// <summary>Shows how far activities have come.</summary>
    public FileOperationProgress Progress { get; }

    /// <summary>The file of the operations' histories.</summary>
    public string StateFile => _state;

    /// <summary>The folder of the operations' locks, claims and progress, beside the file of their histories.</summary>
    public string StateFolder => _state + "-operations";

    /// <summary>Reads the configuration. The file of histories is opened when it is first needed.</summary>
    public static OperationHost Open(CommandContext context)
    {
        var configuration = context.LoadConfiguration();
        return new OperationHost(configuration, ConfigurationFile.StatePath(configuration, context.ConfigPath), context.Time);
    }

    /// <summary>Creates a worker. Starting it starts the work; stopping it leaves what is under way to the next worker.</summary>
    /// <param name="operations">Those to work on: an id, or <see cref="OperationIds.ScheduledPattern"/>.</param>
    /// <param name="loggers">Told of everything that happens.</param>
    public IHost CreateWorker(string operations, ILoggerFactory loggers)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, CommandLifetime>();
        AddOperations(builder.Services);
        builder.Services.AddDurableTaskWorker(worker =>
        {
            worker.AddTasks(tasks => tasks.AddOperations());
            worker.Configure(options => options.DataConverter = new JsonDataConverter(HistoryJson.Options));
            worker.UseVersioning(new DurableTaskWorkerOptions.VersioningOptions
            {
                Version = OperationCatalog.Version,
                MatchStrategy = DurableTaskWorkerOptions.VersionMatchStrategy.CurrentOrOlder,
                FailureStrategy = DurableTaskWorkerOptions.VersionFailureStrategy.Reject,
            });
            worker.UseSqlite(options =>
            {
                options.OnlyInstances = operations;
                options.RedeliveryEvent = OperationEvents.Redelivered;
            });
        });
        return builder.Build();
    }

    /// <summary>Gets an operation.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>.</exception>
    public async Task<OperationInstance> GetAsync(string id, CancellationToken cancellationToken) =>
        await Queries.FindAsync(id, cancellationToken)
            ?? throw new OperationException(OperationError.NotFound, $"There is no operation '{id}'; 'tfe-backup operations' lists them.");

    /// <summary>Checks that an operation was not started by a newer version: a worker of this one would not touch it.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.Conflict"/>.</exception>
    public async Task CheckVersionAsync(string id)
    {
        await using var service = new SqliteOrchestrationService(new SqliteOrchestrationOptions { Path = _state });
        var version = (await service.GetOrchestrationStateAsync(id, executionId: null))?.Version ?? "";
        if (TaskOrchestrationVersioningUtils.CompareVersions(version, OperationCatalog.Version) > 0)
        {
            throw new OperationException(
                OperationError.Conflict,
                $"Operation {id} was started by a newer version of tfe-backup, and this version cannot continue it. Resume or cancel it with the newer version.");
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private void AddOperations(IServiceCollection services)
    {
        services.AddSingleton(_time);
        services.AddTfeBackup(_ => Configuration);
        services.AddSingleton<IOperationProgress>(Progress);
        services.AddSingleton<IOperationClaims>(provider => new FileOperationClaims(
            StateFolder, provider.GetRequiredService<OperationQueries>().IsRunningAsync, _time));
        services.AddDurableTaskClient(client =>
        {
            client.Configure(options => options.DataConverter = new JsonDataConverter(HistoryJson.Options));
            client.UseSqlite(options => options.Path = _state);
        });
    }
}
