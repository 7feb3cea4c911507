using DurableTask.Sqlite.Tests.Conformance;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite.Tests.Support;

/// <summary>A host as an application would build it: a worker, if it has tasks, and a client on one file.</summary>
public sealed class TestHost : OrchestrationHost
{
    private readonly IHost _host;

    private TestHost(IHost host) => _host = host;

    public override DurableTaskClient Client => _host.Services.GetRequiredService<DurableTaskClient>();

    public SqliteOrchestrationService Service => _host.Services.GetRequiredService<SharedServices>().ForClient("");

    public IHostApplicationLifetime Lifetime => _host.Services.GetRequiredService<IHostApplicationLifetime>();

    public static async Task<TestHost> StartAsync(
        string path,
        Action<DurableTaskRegistry>? tasks = null,
        Action<SqliteOrchestrationOptions>? options = null,
        Action<IDurableTaskWorkerBuilder>? worker = null,
        Action<IServiceCollection>? services = null)
    {
        void Configure(SqliteOrchestrationOptions sqlite)
        {
            sqlite.Path = path;
            sqlite.PollingInterval = TimeSpan.FromMilliseconds(20);
            options?.Invoke(sqlite);
        }

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        services?.Invoke(builder.Services);
        if (tasks is not null)
        {
            builder.Services.AddDurableTaskWorker(b =>
            {
                b.AddTasks(tasks);
                b.UseSqlite(Configure);
                worker?.Invoke(b);
            });
        }

        builder.Services.AddDurableTaskClient(b => b.UseSqlite(Configure));
        var host = builder.Build();
        await host.StartAsync();
        return new TestHost(host);
    }

    public Task StopAsync() => _host.StopAsync();

    public override async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
