using System.Text.Json;
using DurableTask.Core;
using DurableTask.Core.Middleware;
using DurableTask.Core.Settings;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Hosting;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using IExceptionPropertiesProvider = Microsoft.DurableTask.Worker.IExceptionPropertiesProvider;

namespace DurableTask.Sqlite.Worker;

/// <summary>The hosted service that <c>UseSqlite()</c> makes of a worker: DurableTask.Core's dispatchers over the shared file.</summary>
internal sealed class SqliteDurableTaskWorker : DurableTaskWorker
{
    private readonly SqliteOrchestrationService _service;
    private readonly TaskHubWorker _hub;

    public SqliteDurableTaskWorker(
        string name,
        IDurableTaskFactory factory,
        SharedServices shared,
        IOptionsMonitor<DurableTaskWorkerOptions> workerOptions,
        IOptionsMonitor<DurableTaskWorkerWorkItemFilters> filters,
        IServiceProvider services,
        ILoggerFactory loggerFactory)
        : base(name, factory)
    {
        var options = workerOptions.Get(name);
        var shims = new DurableTaskShimFactory(options, loggerFactory);
        var properties = services.GetService<IExceptionPropertiesProvider>() is { } provider ? new ExceptionPropertiesProviderAdapter(provider) : null;
        var activities = new ActivityRunner(factory, shims, services, properties);
        _service = shared.ForWorker(name);
        _service.HostStopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        _service.OrchestratorNames = Names(filters.Get(name).Orchestrations.Select(filter => filter.Name));
        _service.ActivityNames = Names(filters.Get(name).Activities.Select(filter => filter.Name));
        _hub = new TaskHubWorker(
            _service, new FactoryOrchestrations(factory, shims, services), activities, Versioning(options.Versioning), loggerFactory)
        {
            ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails,
            ExceptionPropertiesProvider = properties,
        };
        _hub.AddOrchestrationDispatcherMiddleware(SetParentAsync);
        _hub.AddActivityDispatcherMiddleware(activities.RunAsync);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _hub.StartAsync();

        // Keep activity inputs in the history.
        _hub.TaskOrchestrationDispatcher.IncludeParameters = true;
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Finishes what is in hand for as long as the host allows, and gives up the rest: the next worker runs it again.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _hub.StopAsync(isForced: true);
        await _service.DrainAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _hub.Dispose();
        base.Dispose();
    }

    /// <summary>Nothing: the dispatchers run by themselves between start and stop.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;

    private static Task SetParentAsync(DispatchMiddlewareContext context, Func<Task> next)
    {
        if (context.GetProperty<TaskOrchestration>() is FactoryOrchestration orchestration
            && context.GetProperty<OrchestrationRuntimeState>()?.ParentInstance is { } parent)
        {
            orchestration.Parent = new ParentOrchestrationInstance(parent.Name, parent.OrchestrationInstance.InstanceId);
        }

        return next();
    }

    private static string? Names(IEnumerable<string> names) => names.ToArray() is { Length: > 0 } all ? JsonSerializer.Serialize(all) : null;

    private static VersioningSettings? Versioning(DurableTaskWorkerOptions.VersioningOptions? options) => options is null
        ? null
        : new VersioningSettings
        {
            Version = options.Version,
            MatchStrategy = options.MatchStrategy switch
            {
                DurableTaskWorkerOptions.VersionMatchStrategy.Strict => VersioningSettings.VersionMatchStrategy.Strict,
                DurableTaskWorkerOptions.VersionMatchStrategy.CurrentOrOlder => VersioningSettings.VersionMatchStrategy.CurrentOrOlder,
                _ => VersioningSettings.VersionMatchStrategy.None,
            },
            FailureStrategy = options.FailureStrategy == DurableTaskWorkerOptions.VersionFailureStrategy.Fail
                ? VersioningSettings.VersionFailureStrategy.Fail
                : VersioningSettings.VersionFailureStrategy.Reject,
        };
}
