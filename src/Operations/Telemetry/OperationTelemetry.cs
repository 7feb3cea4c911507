using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using TfeBackup.Operations.Model;
using static TfeBackup.Operations.Telemetry.TelemetryNames;

namespace TfeBackup.Operations.Telemetry;

/// <summary>
/// The telemetry of operations: the meter, the activity source and the events of <see cref="TelemetryNames"/>. A host makes one, and exports it with
/// whatever listens by those names. Everything is emitted by activities and ticks, never by an orchestration's replayed code; an activity that
/// runs again after a crash counts again.
/// </summary>
/// <remarks>
/// Gauges are recorded and not observed: where several machines host one system, only the one that ticks has anything to say.
/// </remarks>
public sealed class OperationTelemetry : IDisposable
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [1, 5, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 2_700, 3_600, 4_500, 5_000, 7_200, 14_400, 28_800, 86_400],
    };

    private static readonly InstrumentAdvice<long> Sizes = new()
    {
        HistogramBucketBoundaries = [1L << 20, 1L << 24, 1L << 27, 1L << 30, 1L << 32, 1L << 34, 1L << 36, 1L << 38, 1L << 40, 1L << 42],
    };

    private readonly Meter _meter;

    /// <summary>Creates meter, activity source and loggers.</summary>
    /// <param name="loggers">Receives the events.</param>
    public OperationTelemetry(ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(loggers);
        Events = loggers.CreateLogger(EventCategory);
        States = loggers.CreateLogger(StateCategory);
        Source = new ActivitySource(TelemetryNames.ActivitySource);
        _meter = new Meter(TelemetryNames.Meter);
        Duration = _meter.CreateHistogram(BackupDuration, "s", "Duration of backups.", tags: null, Seconds);
        Bytes = _meter.CreateHistogram(BackupBytes, "By", "Size of backups as streamed.", tags: null, Sizes);
        Throughput = _meter.CreateHistogram<double>(BackupThroughput, "By/s", "Throughput of backups while streaming.");
        AgeOfLastVerified = _meter.CreateGauge<double>(TelemetryNames.AgeOfLastVerified, "s", "Age of the newest verified backup.");
        Rpo = _meter.CreateGauge<double>(TelemetryNames.Rpo, "s", "Maximum age of the newest verified backup.");
        Verification = _meter.CreateCounter<long>(TelemetryNames.Verification, "{verification}", "Verifications of backups.");
        RestoreDuration = _meter.CreateHistogram(TelemetryNames.RestoreDuration, "s", "Duration of restores.", tags: null, Seconds);
        RestartDuration = _meter.CreateHistogram(TelemetryNames.RestartDuration, "s", "Duration of restarts.", tags: null, Seconds);
        Drill = _meter.CreateCounter<long>(TelemetryNames.Drill, "{drill}", "Drills that ended.");
        DrillDuration = _meter.CreateHistogram(TelemetryNames.DrillDuration, "s", "Duration of drills.", tags: null, Seconds);
        AgeOfLastDrill = _meter.CreateGauge<double>(TelemetryNames.AgeOfLastDrill, "s", "Time since the last drill passed.");
        DrillInterval = _meter.CreateGauge<double>(TelemetryNames.DrillInterval, "s", "Longest interval of the drill schedule.");
        SourceDuration = _meter.CreateHistogram(TelemetryNames.SourceDuration, "s", "Duration of backup calls on installations.", tags: null, Seconds);
        Stored = _meter.CreateGauge<long>(TelemetryNames.Stored, "{backup}", "Published backups.");
        StoredBytes = _meter.CreateGauge<long>(TelemetryNames.StoredBytes, "By", "Bytes of published backups.");
        Operations = _meter.CreateCounter<long>(TelemetryNames.Operations, "{operation}", "Operations that ended.");
        SecretExpiresIn = _meter.CreateGauge<double>(TelemetryNames.SecretExpiresIn, "s", "Time until secrets expire.");
    }

    internal ILogger Events { get; }

    internal ILogger States { get; }

    internal ActivitySource Source { get; }

    internal Histogram<double> Duration { get; }

    internal Histogram<long> Bytes { get; }

    internal Histogram<double> Throughput { get; }

    internal Gauge<double> AgeOfLastVerified { get; }

    internal Gauge<double> Rpo { get; }

    internal Counter<long> Verification { get; }

    internal Histogram<double> RestoreDuration { get; }

    internal Histogram<double> RestartDuration { get; }

    internal Counter<long> Drill { get; }

    internal Histogram<double> DrillDuration { get; }

    internal Gauge<double> AgeOfLastDrill { get; }

    internal Gauge<double> DrillInterval { get; }

    internal Histogram<double> SourceDuration { get; }

    internal Gauge<long> Stored { get; }

    internal Gauge<long> StoredBytes { get; }

    internal Counter<long> Operations { get; }

    internal Gauge<double> SecretExpiresIn { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _meter.Dispose();
        Source.Dispose();
    }

    internal bool Owns(Instrument instrument) => instrument.Meter == _meter;

    internal static KeyValuePair<string, object?> Installation(string? name) => new(InstallationDimension, name);

    internal static KeyValuePair<string, object?> Outcome(OperationError? error) => new(OutcomeDimension, OutcomeOf(error));

    internal static string OutcomeOf(OperationError? error) => error switch
    {
        null => Ok,
        OperationError.Cancelled => Cancelled,
        _ => Failed,
    };
}
