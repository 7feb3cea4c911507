using DurableTask.Core;
using Microsoft.DurableTask.Testing.Sidecar;

namespace TfeBackup.Functions.Tests.Runtime;

public sealed class InMemoryConformanceTests() : SidecarConformance(() =>
{
    var memory = new InMemoryOrchestrationService();
    return Task.FromResult<Func<IOrchestrationService>>(() => memory);
});
