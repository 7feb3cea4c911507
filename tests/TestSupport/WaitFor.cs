using System.Diagnostics;

namespace TfeBackup.TestSupport;

/// <summary>Waits for something to become so, with a deadline instead of a guess.</summary>
public static class WaitFor
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks <paramref name="condition"/> again and again until it answers true.</summary>
    /// <param name="condition">The question.</param>
    /// <param name="what">What is awaited, for the message: <c>the service to be ready</c>.</param>
    /// <param name="deadline">How long to ask.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <exception cref="TimeoutException">The deadline has passed.</exception>
    public static async Task ConditionAsync(
        Func<Task<bool>> condition, string what, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        var watch = Stopwatch.StartNew();
        var pause = Shortest;
        while (!await condition())
        {
            if (watch.Elapsed > deadline)
            {
                throw new TimeoutException($"Waited {deadline.TotalSeconds:0.#} s for {what}, in vain.");
            }

            await Task.Delay(pause, cancellationToken);
            pause = pause * 1.5 < Longest ? pause * 1.5 : Longest;
        }
    }

    /// <summary>Asks <paramref name="condition"/> again and again until it answers true.</summary>
    public static Task ConditionAsync(Func<bool> condition, string what, TimeSpan deadline, CancellationToken cancellationToken = default) =>
        ConditionAsync(() => Task.FromResult(condition()), what, deadline, cancellationToken);
}
