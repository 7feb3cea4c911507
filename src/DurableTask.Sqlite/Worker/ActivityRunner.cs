using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Core.Middleware;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.DependencyInjection;
using IExceptionPropertiesProvider = DurableTask.Core.IExceptionPropertiesProvider;

namespace DurableTask.Sqlite.Worker;

/// <summary>
/// Runs the activities that the application has registered, each in a service scope of its own. It stands in for DurableTask.Core's own way
/// of running them, which knows nothing of properties of exceptions and gives an activity that cannot be created no outcome.
/// </summary>
internal sealed class ActivityRunner(
    IDurableTaskFactory factory, DurableTaskShimFactory shims, IServiceProvider services, IExceptionPropertiesProvider? properties)
    : INameVersionObjectManager<TaskActivity>
{
    public void Add(ObjectCreator<TaskActivity> creator) => throw new NotSupportedException("Register activities with AddTasks.");

    /// <summary>None: they are created when they run.</summary>
    public TaskActivity? GetObject(string name, string? version) => null;

    /// <summary>Runs the activity of a work item; middleware of DurableTask.Core.</summary>
    public async Task RunAsync(DispatchMiddlewareContext context, Func<Task> next)
    {
        var scheduled = context.GetProperty<TaskScheduledEvent>();
        var task = new TaskContext(context.GetProperty<OrchestrationInstance>(), scheduled.Name!, scheduled.Version, scheduled.EventId);
        context.SetProperty(new ActivityExecutionResult { ResponseEvent = await RunAsync(scheduled, task) });
    }

    private async Task<HistoryEvent> RunAsync(TaskScheduledEvent scheduled, TaskContext task)
    {
        try
        {
            await using var scope = services.CreateAsyncScope();
            return factory.TryCreateActivity(scheduled.Name!, scope.ServiceProvider, out var activity)
                ? new TaskCompletedEvent(
                    -1, scheduled.EventId, await shims.CreateActivity(scheduled.Name!, activity).RunAsync(task, scheduled.Input))
                : Failed(scheduled, Failures.NotFound("ActivityTaskNotFound", "activity", scheduled.Name));
        }
#pragma warning disable CA1031 // Whatever the activity threw is its outcome, and is recorded as such.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Failed(scheduled, Failures.Describe(e, properties));
        }
    }

    private static TaskFailedEvent Failed(TaskScheduledEvent scheduled, FailureDetails details) =>
        new(-1, scheduled.EventId, details.ErrorMessage, null, details);
}
