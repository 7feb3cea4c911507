using DurableTask.Core.History;
using DurableTask.Sqlite;
using DurableTask.Sqlite.History;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Operations.Tests.Operations;

/// <summary>Durable Task on an SQLite file, as the command line hosts it.</summary>
internal sealed class SqliteEngine : IOperationEngine
{
    private OperationHarness _harness = null!;
    private IHost _host = null!;

    public IServiceProvider Services => _host.Services;

    public DurableTaskClient Client => Services.GetRequiredService<DurableTaskClient>();

    public async Task StartAsync(OperationHarness harness)
    {
        _harness = harness;
        _host = CreateHost();
        await _host.StartAsync();
    }

    public async Task ReplaceWorkerAsync()
    {
        await DisposeAsync();
        await StartAsync(_harness);
    }

    public async Task<string> ReadHistoryAsync(string id) => RecordedHistory.Write(await Client.GetOrchestrationHistoryAsync(id));

    /// <summary>Replays its history with the present code.</summary>
    public async Task CheckAsync(OperationInstance ended)
    {
        IReadOnlyList<HistoryEvent> history = [.. await Client.GetOrchestrationHistoryAsync(ended.Id)];
        Recordings.Verify(history);
        Recordings.Keep(ended, history);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private IHost CreateHost()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<ILoggerFactory>(_harness);
        _harness.Compose(builder.Services);
        builder.Services.AddDurableTaskClient(client =>
        {
            client.Configure(options => options.DataConverter = new JsonDataConverter(HistoryJson.Options));
            client.UseSqlite(options => options.Path = Path.Combine(_harness.Folder, "state", "operations.db"));
        });
        builder.Services.AddDurableTaskWorker(worker =>
        {
            worker.AddTasks(AddTasks);
            worker.Configure(options => options.DataConverter = new JsonDataConverter(HistoryJson.Options));
            worker.UseVersioning(new DurableTaskWorkerOptions.VersioningOptions
            {
                Version = OperationCatalog.Version,
                MatchStrategy = DurableTaskWorkerOptions.VersionMatchStrategy.CurrentOrOlder,
                FailureStrategy = DurableTaskWorkerOptions.VersionFailureStrategy.Reject,
            });
            worker.UseSqlite(options =>
            {
                options.PollingInterval = TimeSpan.FromMilliseconds(10);
                options.RedeliveryEvent = OperationEvents.Redelivered;
            });
        });
        return builder.Build();
    }

    private void AddTasks(DurableTaskRegistry tasks)
    {
        var operations = new DurableTaskRegistry();
        operations.AddOperations();
        foreach (var (name, create) in operations.GetOrchestrators())
        {
            tasks.AddOrchestrator(name.Name, () => create(Services));
        }

        foreach (var (name, create) in operations.GetActivities())
        {
            tasks.AddActivity(name.Name, services => new HarnessActivity(create(services), _harness, services.GetRequiredService<IHostApplicationLifetime>()));
        }
    }

    private sealed class HarnessActivity(ITaskActivity activity, OperationHarness harness, IHostApplicationLifetime lifetime) : ITaskActivity
    {
        public Type InputType => activity.InputType;

        public Type OutputType => activity.OutputType;

        public async Task<object?> RunAsync(TaskActivityContext context, object? input)
        {
            object? output = null;
            await harness.RunActivityAsync(
                context.Name, async () => output = await activity.RunAsync(context, input), lifetime.ApplicationStopping);
            return output;
        }
    }
}
