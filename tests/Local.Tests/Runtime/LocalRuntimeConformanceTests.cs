using TfeBackup.TestSupport.Runtime;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Tests.Runtime;

public sealed class LocalRuntimeConformanceTests : RuntimeConformance
{
    protected override Task<RuntimeHarness> StartAsync(IReadOnlyList<IOrchestration> orchestrations, IReadOnlyList<IActivity> activities) =>
        Task.FromResult<RuntimeHarness>(new LocalRuntimeHarness(orchestrations, activities));
}
