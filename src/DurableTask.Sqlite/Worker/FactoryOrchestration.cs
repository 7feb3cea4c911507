using DurableTask.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.DependencyInjection;
using CoreTaskFailedException = DurableTask.Core.Exceptions.TaskFailedException;

namespace DurableTask.Sqlite.Worker;

/// <summary>An orchestrator that is created by the application's registrations when it is executed. One that is not registered fails.</summary>
internal sealed class FactoryOrchestration(string name, IDurableTaskFactory factory, DurableTaskShimFactory shims, IServiceProvider services)
    : TaskOrchestration
{
    private TaskOrchestration? _orchestration;

    /// <summary>The parent that called it, if any; set before it is executed.</summary>
    public ParentOrchestrationInstance? Parent { get; set; }

    public override async Task<string?> Execute(OrchestrationContext context, string input)
    {
        using var scope = services.CreateScope();
        if (!factory.TryCreateOrchestrator(name, scope.ServiceProvider, out var orchestrator))
        {
            var failure = Failures.NotFound("OrchestratorTaskNotFound", "orchestrator", name);
            throw new CoreTaskFailedException(failure.ErrorMessage) { FailureDetails = failure };
        }

        _orchestration = shims.CreateOrchestration(name, orchestrator, Parent);
        return await _orchestration.Execute(context, input);
    }

    public override string? GetStatus() => _orchestration?.GetStatus();

    public override void RaiseEvent(OrchestrationContext context, string name, string input) => _orchestration?.RaiseEvent(context, name, input);
}
