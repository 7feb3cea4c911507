using System.Net;
using System.Net.Http.Headers;

namespace TfeBackup.Engine.Vault;

/// <summary>When a request to Vault is tried again, and after how long.</summary>
internal sealed class TransitRetry(TransitOptions options, TimeProvider time, Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly long _started = time.GetTimestamp();

    /// <summary>The number of attempts made.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>
    /// True if the same request can have another outcome soon: over quota (429), a standby or secondary that cannot serve
    /// yet (412, 472, 473), sealed, overloaded or in failover (5xx). A 501 is a Vault that was never initialised.
    /// </summary>
    public static bool IsTransient(HttpStatusCode status) => (int)status is 408 or 412 or 429 or 472 or 473 or 500 or 502 or 503 or 504;

    /// <summary>The pause before the next attempt; null if attempts or time are used up.</summary>
    public TimeSpan? NextPause(RetryConditionHeaderValue? retryAfter)
    {
        if (Attempt >= options.Attempts)
        {
            return null;
        }

        // Full jitter: clients that failed together do not come back together.
        var ceiling = TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << Math.Min(Attempt, 20)));
        var pause = ceiling * (0.5 + (random.NextDouble() / 2));
        var asked = retryAfter?.Delta ?? (retryAfter?.Date is { } date ? date - time.GetUtcNow() : null);
        if (asked > pause)
        {
            pause = asked.Value;
        }

        if (time.GetElapsedTime(_started) + pause > options.RetryTime)
        {
            return null;
        }

        Attempt++;
        return pause;
    }
}
