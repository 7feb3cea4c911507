using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace TfeBackup.TestSupport;

/// <summary>
/// Random moments to kill something at. A few each time, and as many as <c>TFEBACKUP_TEST_KILLS</c> says where somebody wants to know better; the
/// seed is printed, and <c>TFEBACKUP_TEST_SEED</c> repeats it. A moment that comes too late, when everything was over, does not count.
/// </summary>
public sealed class RandomMoments
{
    private readonly ITestOutputHelper _output;
    private readonly Random _random;
    private readonly int _wanted;
    private int _drawn;
    private int _counted;

    /// <param name="output">Told of every moment.</param>
    /// <param name="usually">How many there are where nobody asks for more.</param>
    public RandomMoments(ITestOutputHelper output, int usually)
    {
        _output = output;
        _wanted = Setting("TFEBACKUP_TEST_KILLS") ?? usually;
        var seed = Setting("TFEBACKUP_TEST_SEED") ?? Random.Shared.Next();
        output.WriteLine($"TFEBACKUP_TEST_SEED={seed}");
        _random = new Random(seed);
    }

    /// <summary>Whether there should be another kill.</summary>
    public bool IsAnotherWanted => _counted < _wanted && _drawn < 4 * _wanted;

    /// <summary>How long something takes.</summary>
    public static async Task<TimeSpan> MeasureAsync(Func<Task> run)
    {
        var watch = Stopwatch.StartNew();
        await run();
        return watch.Elapsed;
    }

    /// <summary>Waits until a random moment of something that takes about so long.</summary>
    /// <param name="whole">How long it takes.</param>
    /// <param name="isRunning">Whether it is still under way.</param>
    public async Task WaitAsync(TimeSpan whole, Func<bool> isRunning)
    {
        // The moment is the point of the test: it is drawn, and nothing is awaited.
        var moment = whole * _random.NextDouble();
        await Task.Delay(moment);
        _drawn++;
        var counts = isRunning();
        _counted += counts ? 1 : 0;
        _output.WriteLine($"Kill {_counted} after {moment.TotalMilliseconds:0} of {whole.TotalMilliseconds:0} ms{(counts ? "" : ": too late, it had ended")}");
    }

    /// <summary>One of several, at random.</summary>
    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}
