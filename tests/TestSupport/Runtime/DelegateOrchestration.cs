using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.TestSupport.Runtime;

/// <summary>An orchestration written where it is used.</summary>
public sealed class DelegateOrchestration(string name, Func<IWorkflowContext, string, Task<string>> run) : IOrchestration
{
    public string Name => name;

    public Task<string> RunAsync(IWorkflowContext context, string input) => run(context, input);
}
