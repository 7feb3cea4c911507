using DurableTask.Sqlite.Tests.Conformance;
using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.Sqlite.Tests;

public sealed class SqliteConformanceTests : OrchestrationConformance, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override async Task<OrchestrationHost> StartAsync(Action<DurableTaskRegistry> tasks, Action<IServiceCollection>? services = null) =>
        await TestHost.StartAsync(_folder.Combine("state", "orchestrations.db"), tasks, services: services);
}
