using Microsoft.DurableTask;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Steps;

/// <summary>
/// Decides whether to retry a failed activity, and waits for the retry. Deterministic orchestrator code.
/// </summary>
/// <param name="run">The operation.</param>
/// <param name="step">The step that shows the retries; null for none.</param>
/// <param name="times">The number of retries and the delays between them.</param>
/// <param name="onCancel">How a cancellation affects it: no retries after one, unless ignored.</param>
/// <param name="isRetried">Selects failures to retry; null for transient ones.</param>
internal sealed class StepRetry(OperationRun run, int? step, RetryTimes times, OnCancel onCancel, Func<OperationException, bool>? isRetried)
{
    // If the activity itself kills its worker (out of memory, say), the operation must fail in the end.
    public const int MostLost = 10;

    public const string Lost = "Its worker died or was stopped.";

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private TimeSpan _pause = TimeSpan.FromSeconds(1);
    private int _lost;
    private int _failed;

    public async Task<bool> HandleAsync(RetryContext context)
    {
        DateTimeOffset again;
        if (RecordedFailureException.Find(context.LastFailure) is not { } failure)
        {
            // The Functions host records a worker's death or shutdown as a failure of the activity.
            if (++_lost >= MostLost)
            {
                return false;
            }

            again = run.Now + _pause;
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            if (step is { } number)
            {
                run.Retrying(number, Lost, again, MostLost - 1, until: null);
            }
        }
        else
        {
            var exception = failure.ToException();
            if (!(isRetried?.Invoke(exception) ?? exception.IsTransient) || times.NextDelay(++_failed, context.TotalRetryTime) is not { } delay)
            {
                return false;
            }

            again = run.Now + delay;
            if (step is { } number)
            {
                run.Retrying(number, failure.Message, again, times.MaxAttempts - 1, run.Now - context.TotalRetryTime + times.Timeout);
            }
        }

        return await run.WaitUntilAsync(again, onCancel);
    }
}
