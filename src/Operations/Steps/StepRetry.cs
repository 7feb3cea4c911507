using Microsoft.DurableTask;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Steps;

/// <summary>
/// Decides whether an activity that failed is run again, and waits until it is. Deterministic code, part of an orchestration.
/// </summary>
/// <param name="run">The operation.</param>
/// <param name="step">The number of the step the activity is part of, where retries are shown.</param>
/// <param name="times">How often, and how long between.</param>
/// <param name="onCancel">What a cancellation means: no further attempt, unless it is to be ignored.</param>
/// <param name="isRetried">Which failures are; null for transient ones.</param>
internal sealed class StepRetry(OperationRun run, int? step, RetryTimes times, OnCancel onCancel, Func<OperationException, bool>? isRetried)
{
    // Of a worker that dies of the activity itself, say of its memory, somebody has to hear at last.
    private const int MostLost = 10;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private TimeSpan _pause = TimeSpan.FromSeconds(1);
    private int _lost;
    private int _failed;

    public async Task<bool> HandleAsync(RetryContext context)
    {
        DateTimeOffset again;
        if (RecordedFailureException.Find(context.LastFailure) is not { } failure)
        {
            // The activity did not fail: its worker died or was told to stop, and the host counts that as the activity's end.
            if (++_lost >= MostLost)
            {
                return false;
            }

            again = run.Now + _pause;
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            if (step is { } number)
            {
                run.Retrying(number, "Its worker died or was stopped.", again, MostLost - 1, until: null);
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
