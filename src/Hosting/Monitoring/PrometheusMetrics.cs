using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Hosting.Monitoring;

/// <summary>
/// Keeps what the instruments of this process say, and writes it in Prometheus' text format (version 0.0.4), with the names that OpenTelemetry's
/// compatibility rules give them: <c>tfe_backup.age_of_last_verified</c> in seconds is <c>tfe_backup_age_of_last_verified_seconds</c>.
/// </summary>
public sealed class PrometheusMetrics : IDisposable
{
    /// <summary>The content type of <see cref="Write"/>.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly double[] UsualBoundaries = [1e5, 1e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8, 5e8, 1e9];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, Series>> _instruments = new();

    /// <summary>Begins to listen.</summary>
    public PrometheusMetrics()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == TelemetryNames.Meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Writes everything.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        foreach (var (instrument, all) in _instruments.OrderBy(entry => entry.Key.Name, StringComparer.Ordinal))
        {
            var name = NameOf(instrument);
            text.Append("# HELP ").Append(name).Append(' ').Append(instrument.Description).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(KindOf(instrument)).Append('\n');
            foreach (var (labels, series) in all.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                series.Write(text, name, labels);
            }
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static string KindOf(Instrument instrument) => instrument switch
    {
        Histogram<long> or Histogram<double> => "histogram",
        Counter<long> => "counter",
        _ => "gauge",
    };

    private static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            "By/s" => "_bytes_per_second",
            _ => "",
        };
        name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        return instrument is Counter<long> ? name + "_total" : name;
    }

    private static double[] BoundariesOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } boundaries } => [.. boundaries],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } boundaries } => [.. boundaries.Select(boundary => (double)boundary)],
        _ => UsualBoundaries,
    };

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>();
        foreach (var (name, value) in tags)
        {
            if (value is not null)
            {
                var text = Convert.ToString(value, CultureInfo.InvariantCulture)!.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
                labels.Add($"{name}=\"{text}\"");
            }
        }

        return string.Join(',', labels);
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _instruments.GetOrAdd(instrument, _ => new ConcurrentDictionary<string, Series>(StringComparer.Ordinal))
            .GetOrAdd(LabelsOf(tags), _ => KindOf(instrument) switch
            {
                "histogram" => new Distribution(BoundariesOf(instrument)),
                "counter" => new Sum(),
                _ => new Last(),
            }).Take(value);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>One instrument with one set of labels.</summary>
    private abstract class Series
    {
        protected Lock Gate { get; } = new();

        public abstract void Take(double value);

        public abstract void Write(StringBuilder text, string name, string labels);

        protected static void Line(StringBuilder text, string name, string labels, double value) =>
            text.Append(name).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(' ').Append(Number(value)).Append('\n');
    }

    private class Last : Series
    {
        protected double Value { get; set; }

        public override void Take(double value)
        {
            lock (Gate)
            {
                Value = value;
            }
        }

        public override void Write(StringBuilder text, string name, string labels)
        {
            lock (Gate)
            {
                Line(text, name, labels, Value);
            }
        }
    }

    private sealed class Sum : Last
    {
        public override void Take(double value)
        {
            lock (Gate)
            {
                Value += value;
            }
        }
    }

    private sealed class Distribution(double[] boundaries) : Series
    {
        private readonly long[] _counts = new long[boundaries.Length + 1];
        private double _sum;

        public override void Take(double value)
        {
            lock (Gate)
            {
                _sum += value;
                var place = Array.BinarySearch(boundaries, value);
                _counts[place < 0 ? ~place : place]++;
            }
        }

        public override void Write(StringBuilder text, string name, string labels)
        {
            lock (Gate)
            {
                var before = labels.Length > 0 ? labels + "," : "";
                long count = 0;
                for (var i = 0; i < _counts.Length; i++)
                {
                    count += _counts[i];
                    Line(text, $"{name}_bucket", $"{before}le=\"{(i < boundaries.Length ? Number(boundaries[i]) : "+Inf")}\"", count);
                }

                Line(text, $"{name}_sum", labels, _sum);
                Line(text, $"{name}_count", labels, count);
            }
        }
    }
}
