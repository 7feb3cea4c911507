using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using TfeBackup.Functions.Composition;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Functions.Triggers;

/// <summary>Runs the class of an activity for the function that the host calls.</summary>
internal sealed class ActivityFunction(IServiceProvider services, DurableClients clients)
{
    /// <summary>Runs an activity.</summary>
    /// <param name="input">Its input.</param>
    /// <param name="instanceId">The operation it belongs to.</param>
    /// <param name="client">The task hub's client.</param>
    /// <param name="stopping">Cancelled when the host shuts down; the activity is then run again elsewhere.</param>
    /// <exception cref="RecordedFailureException">The activity failed, or the app's settings make none.</exception>
    public Task<TOutput> RunAsync<TActivity, TInput, TOutput>(
        TInput input, string instanceId, DurableTaskClient client, CancellationToken stopping)
        where TActivity : OperationActivity<TInput, TOutput>
    {
        clients.Remember(client);
        TActivity activity;
        try
        {
            activity = ActivatorUtilities.GetServiceOrCreateInstance<TActivity>(services);
        }
        catch (OperationException e)
        {
            throw new RecordedFailureException(OperationFailure.From(e));
        }

        return activity.RunAsync(new Context(typeof(TActivity).Name[..^"Activity".Length], instanceId, stopping), input);
    }

    private sealed class Context(string name, string instanceId, CancellationToken stopping) : TaskActivityContext, IStoppableActivityContext
    {
        public override TaskName Name => name;

        public override string InstanceId => instanceId;

        public CancellationToken Stopping => stopping;
    }
}
