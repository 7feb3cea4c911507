using DurableTask.Core;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;

namespace DurableTask.Sqlite.Worker;

/// <summary>Hands DurableTask.Core the orchestrators that the application has registered.</summary>
internal sealed class FactoryOrchestrations(IDurableTaskFactory factory, DurableTaskShimFactory shims, IServiceProvider services)
    : INameVersionObjectManager<TaskOrchestration>
{
    public void Add(ObjectCreator<TaskOrchestration> creator) => throw new NotSupportedException("Register orchestrators with AddTasks.");

    public TaskOrchestration GetObject(string name, string? version) => new FactoryOrchestration(name, factory, shims, services);
}
