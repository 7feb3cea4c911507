using DurableTask.Core;
using Microsoft.DurableTask.Client;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Tests.Runtime;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Functions.Tests.Operations;

/// <summary>The app's functions on one of Microsoft's engines: in memory, or in Azure Storage.</summary>
internal sealed class FunctionsEngine(Func<Task<Func<IOrchestrationService>>> open) : IOperationEngine
{
    private FunctionsApp _app = null!;

    public IServiceProvider Services => _app.Services;

    public DurableTaskClient Client => _app.Hub.Client;

    public static FunctionsEngine InMemory() => new(() =>
    {
        var hub = new Microsoft.DurableTask.Testing.Sidecar.InMemoryOrchestrationService();
        return Task.FromResult<Func<IOrchestrationService>>(() => hub);
    });

    public static FunctionsEngine InAzureStorage() => new(AzureStorageHub.CreateAsync);

    public async Task StartAsync(OperationHarness harness) => _app = await FunctionsApp.StartAsync(
        services =>
        {
            harness.Compose(services);
            services.AddFunctions();
        },
        harness,
        await open(),
        harness.RunActivityAsync);

    public Task ReplaceWorkerAsync() => _app.Hub.RestartAsync();

    public Task<string> ReadHistoryAsync(string id) => Task.FromResult(_app.Hub.Histories[id]);

    public Task CheckAsync(OperationInstance ended) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
