using System.Text.Json;
using TfeBackup.Cli.Json;

namespace TfeBackup.Cli.Output;

/// <summary>
/// Shows how far something has come: step, bytes, rate, elapsed, time left. On a terminal one line that is drawn over; elsewhere a line when the step
/// changes and then one every half minute, so that a log stays readable; with <c>--json</c> the same as JSON, one object a line.
/// </summary>
internal sealed class ProgressLine(Terminal terminal, TimeProvider time, string subject) : IDisposable
{
    private const double LeastRate = 64 << 10;

    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly long _started = time.GetTimestamp();
    private readonly Queue<(long Time, long Bytes)> _samples = new();
    private string? _step;
    private long _stepStarted = time.GetTimestamp();
    private long _lastLine;

    /// <summary>Shows the present state. Called often; draws as often as it makes sense.</summary>
    /// <param name="step">What is being done, in an operator's words.</param>
    /// <param name="bytes">How many bytes this step has moved; null where it moves none.</param>
    /// <param name="total">How many it will move, where known.</param>
    /// <param name="estimate">How many it will move, more or less, where that is all that is known.</param>
    public void Show(string step, long? bytes = null, long? total = null, long? estimate = null)
    {
        if (terminal.IsQuiet)
        {
            return;
        }

        // A timer calls again before a busy machine is done with the last call.
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var changed = step != _step;
            if (changed)
            {
                _step = step;
                _stepStarted = now;
                _samples.Clear();
            }

            var rate = Rate(now, bytes);
            if (terminal.IsInteractive)
            {
                terminal.Draw(Text(step, bytes, total, estimate, rate, time.GetElapsedTime(_started, now)));
            }
            else if (changed || time.GetElapsedTime(_lastLine, now) >= PlainInterval)
            {
                _lastLine = now;
                Print(step, bytes, total, estimate, rate, now);
            }
        }
    }

    /// <summary>Takes the line off the terminal.</summary>
    public void Dispose() => terminal.EndDrawing();

    private static string Text(string step, long? bytes, long? total, long? estimate, double? rate, TimeSpan elapsed)
    {
        var parts = new List<string> { step };
        if (bytes is { } moved)
        {
            parts.Add(
                total is { } all ? $"{Human.Size(moved)} of {Human.Size(all)}"
                : estimate is { } about ? $"{Human.Size(moved)} of about {Human.Size(about)}"
                : Human.Size(moved));
        }

        if (rate is { } perSecond)
        {
            parts.Add($"{Human.Size((long)perSecond)}/s");
        }

        parts.Add(Human.Clock(elapsed));

        // An estimate that has been passed says nothing of the rest, and neither does the trickle before the data.
        if (rate >= LeastRate && (total ?? estimate) - bytes is > 0 and { } rest)
        {
            parts.Add($"{(total is null ? "about " : "")}{Human.Clock(TimeSpan.FromSeconds(rest / rate.Value))} left");
        }

        return string.Join("  ", parts);
    }

    private void Print(string step, long? bytes, long? total, long? estimate, double? rate, long now)
    {
        var elapsed = time.GetElapsedTime(_started, now);
        if (terminal.Json)
        {
            terminal.Say(JsonSerializer.Serialize(
                new ProgressDocument(subject, step, bytes, total, estimate, rate is { } value ? (long)value : null, Math.Round(elapsed.TotalSeconds, 1)),
                CliJson.Default.ProgressDocument));
        }
        else
        {
            terminal.Say($"{Human.Time(time.GetUtcNow())}  {subject}: {Text(step, bytes, total, estimate, rate, elapsed)}");
        }
    }

    // Over the last seconds, not since the start: an operator asks whether it moves now.
    private double? Rate(long now, long? bytes)
    {
        if (bytes is not { } moved)
        {
            return null;
        }

        // A step that begins again after a failure counts from zero again.
        if (_samples.Count > 0 && moved < _samples.Last().Bytes)
        {
            _samples.Clear();
            _stepStarted = now;
        }

        _samples.Enqueue((now, moved));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().Time, now) > RateWindow)
        {
            _samples.Dequeue();
        }

        var first = _samples.Count > 1 ? _samples.Peek() : (_stepStarted, 0);
        var seconds = time.GetElapsedTime(first.Item1, now).TotalSeconds;
        return seconds > 0.2 ? (moved - first.Item2) / seconds : null;
    }
}
