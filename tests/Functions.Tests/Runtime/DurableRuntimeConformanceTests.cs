using TfeBackup.TestSupport.Runtime;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Tests.Runtime;

public sealed class DurableRuntimeConformanceTests : RuntimeConformance
{
    protected override async Task<RuntimeHarness> StartAsync(IReadOnlyList<IOrchestration> orchestrations, IReadOnlyList<IActivity> activities) =>
        await DurableHarness.StartAsync(orchestrations, activities);
}
