namespace TfeBackup.Operations.Model;

/// <summary>The number of attempts of an activity and the delay between them. Only transient failures are retried: <see cref="OperationException.IsTransient"/>.</summary>
/// <param name="MaxAttempts">How often it is run in all, the first time included; 1 means never again.</param>
/// <param name="FirstDelay">The wait after the first failure.</param>
/// <param name="Backoff">What each wait is multiplied by for the next; at least 1.</param>
/// <param name="MaxDelay">The longest wait.</param>
/// <param name="Timeout">No further attempt begins this long after the first began; null for no limit.</param>
public sealed record RetryTimes(int MaxAttempts, TimeSpan FirstDelay, double Backoff, TimeSpan MaxDelay, TimeSpan? Timeout = null)
{
    /// <summary>Gets the delay before the next attempt; null if there is none.</summary>
    /// <param name="attempts">How many have failed.</param>
    /// <param name="elapsed">How long ago the first began.</param>
    public TimeSpan? NextDelay(int attempts, TimeSpan elapsed)
    {
        if (attempts >= MaxAttempts)
        {
            return null;
        }

        // As double: the power overflows TimeSpan first.
        var ticks = FirstDelay.Ticks * Math.Pow(Math.Max(1, Backoff), attempts - 1);
        var delay = ticks < MaxDelay.Ticks ? TimeSpan.FromTicks((long)ticks) : MaxDelay;
        return elapsed + delay < (Timeout ?? TimeSpan.MaxValue) ? delay : null;
    }
}
