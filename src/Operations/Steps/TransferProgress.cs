using TfeBackup.Operations.Model;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Steps;

/// <summary>
/// Passes byte counts on to the host, and every half minute to the log. Not <see cref="Progress{T}"/>: that would post each to the thread pool, out of order.
/// </summary>
internal sealed class TransferProgress(
    ActivityRun run, string installation, string step, long? total, OperationTelemetry telemetry, TimeProvider time, long? estimate = null) : IProgress<long>
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(30);

    private long _logged = time.GetTimestamp();

    public void Report(long value)
    {
        run.Report(new ActivityProgress(value, total, estimate));
        var logged = Volatile.Read(ref _logged);
        if (time.GetElapsedTime(logged) >= LogInterval && Interlocked.CompareExchange(ref _logged, time.GetTimestamp(), logged) == logged)
        {
            telemetry.Events.OperationProgress(run.OperationId, installation, step, value, total);
        }
    }
}
