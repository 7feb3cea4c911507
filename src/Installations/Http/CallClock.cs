using Microsoft.Extensions.Logging;

namespace TfeBackup.Installations.Http;

/// <summary>Times one call, and warns while there is time that the vendor's service will end it.</summary>
internal sealed partial class CallClock : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly long _started;
    private readonly ITimer _timer;

    public CallClock(string installation, string call, ApiInstallationOptions options, TimeProvider time, ILogger logger)
    {
        _time = time;
        _limit = options.VendorLimit;
        _started = time.GetTimestamp();
        _timer = time.CreateTimer(
            _ => LogLimitNear(logger, installation, call, options.VendorLimitWarning.TotalSeconds, options.VendorLimit.TotalSeconds),
            null,
            options.VendorLimitWarning,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time the call has taken.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_started);

    /// <summary>The hint for the message of a call that was cut off; empty unless it was cut off when the vendor's limit was due.</summary>
    public string Hint => Elapsed >= _limit * 0.99 && Elapsed <= _limit * 1.05
        ? $" The vendor's service ends every call after {_limit.TotalSeconds:0} s: exclude the objects (SkipObjectStorage), or back up with this project's service."
        : "";

    public void Dispose() => _timer.Dispose();

    [LoggerMessage(3301, LogLevel.Warning, "The {Call} of {Installation} has run for {Elapsed} s. The vendor's service ends every call after {Limit} s; this project's does not.")]
    private static partial void LogLimitNear(ILogger logger, string installation, string call, double elapsed, double limit);
}
