using System.Text.Json;

namespace TfeBackup.Workflows.Orchestrations;

/// <summary>Typed calls, retries and deadlines, built on <see cref="IWorkflowContext"/> alone so that they are the same in every host.</summary>
public static class WorkflowContextExtensions
{
    /// <summary>Runs an activity once (at least once, after a crash).</summary>
    /// <exception cref="WorkflowException">What the activity threw, by category and message.</exception>
    public static async Task<TOutput> CallActivityAsync<TInput, TOutput>(
        this IWorkflowContext context, ActivityDefinition<TInput, TOutput> activity, TInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(activity);
        var output = await context.CallActivityAsync(activity.Name, JsonSerializer.Serialize(input, activity.InputType));
        return JsonSerializer.Deserialize(output, activity.OutputType)
            ?? throw new WorkflowException(WorkflowError.Internal, $"Activity {activity.Name} returned null.");
    }

    /// <summary>
    /// Runs an activity and, while it fails in a way that waiting may cure, runs it again as <paramref name="retry"/> says.
    /// </summary>
    /// <param name="context">The orchestration's context.</param>
    /// <param name="activity">Which activity.</param>
    /// <param name="input">Its input.</param>
    /// <param name="retry">How often, and how long between.</param>
    /// <param name="onRetry">Told of each failure that will be retried, and when; runs in replays too.</param>
    /// <param name="isRetried">Which failures are; null for transient ones.</param>
    /// <exception cref="WorkflowException">What the activity threw the last time.</exception>
    public static async Task<TOutput> CallActivityAsync<TInput, TOutput>(
        this IWorkflowContext context,
        ActivityDefinition<TInput, TOutput> activity,
        TInput input,
        RetryPolicy retry,
        Action<WorkflowException, DateTimeOffset>? onRetry = null,
        Func<WorkflowException, bool>? isRetried = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(retry);
        var first = context.CurrentUtc;
        for (var attempts = 1; ; attempts++)
        {
            DateTimeOffset again;
            try
            {
                return await context.CallActivityAsync(activity, input);
            }
            catch (WorkflowException e) when (
                (isRetried?.Invoke(e) ?? e.IsTransient) && retry.NextDelay(attempts, context.CurrentUtc - first) is { } delay)
            {
                again = context.CurrentUtc + delay;
                onRetry?.Invoke(e, again);
            }

            await context.CreateTimerAsync(again, CancellationToken.None);
        }
    }
}
