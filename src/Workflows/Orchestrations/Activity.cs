using System.Text.Json;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Workflows.Orchestrations;

/// <summary>An activity with typed input and output.</summary>
/// <typeparam name="TInput">Its input.</typeparam>
/// <typeparam name="TOutput">Its output.</typeparam>
public abstract class Activity<TInput, TOutput>(ActivityDefinition<TInput, TOutput> definition) : IActivity
{
    /// <inheritdoc/>
    public string Name => definition.Name;

    /// <inheritdoc/>
    public async Task<string> RunAsync(IActivityContext context, string input, CancellationToken cancellationToken)
    {
        var typed = JsonSerializer.Deserialize(input, definition.InputType)
            ?? throw new WorkflowException(WorkflowError.Internal, $"Activity {Name} was given null.");
        if (System.Diagnostics.Activity.Current is { Source.Name: TelemetryNames.ActivitySource } span)
        {
            span.SetTag(TelemetryNames.InstallationTag, definition.Installation?.Invoke(typed));
        }

        return JsonSerializer.Serialize(await RunAsync(context, typed, cancellationToken), definition.OutputType);
    }

    /// <summary>Does the work; see <see cref="IActivity.RunAsync"/>.</summary>
    protected abstract Task<TOutput> RunAsync(IActivityContext context, TInput input, CancellationToken cancellationToken);
}
