using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite;

/// <summary>Log messages of the backend.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "{Path} cannot be read or written; retrying.")]
    public static partial void DatabaseFails(this ILogger logger, string path, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "This process did not renew its locks in {Path} for {Seconds} s and was considered dead; its work may run again elsewhere.")]
    public static partial void LeaseLost(this ILogger logger, string path, double seconds);

    [LoggerMessage(3, LogLevel.Information, "Worker {Worker} has died; its work is taken over.")]
    public static partial void TookOver(this ILogger logger, string worker);

    [LoggerMessage(4, LogLevel.Information, "Activity {Activity} of {InstanceId} finished after another worker took it over or its orchestration ended; its result is dropped.")]
    public static partial void ActivityLost(this ILogger logger, string? activity, string instanceId);

    [LoggerMessage(5, LogLevel.Information, "Activity {Activity} of {InstanceId} was stopped with its host and will run again.")]
    public static partial void ActivityStopped(this ILogger logger, string? activity, string instanceId);

    [LoggerMessage(6, LogLevel.Error, "Activity {Activity} of {InstanceId} was started {Attempts} times and abandoned each time; it fails.")]
    public static partial void ActivityGivenUp(this ILogger logger, string? activity, string instanceId, int attempts);

    [LoggerMessage(7, LogLevel.Warning, "A step of {InstanceId} failed (attempt {Attempts}); retrying in {Seconds} s.")]
    public static partial void TriedAgain(this ILogger logger, string instanceId, int attempts, double seconds);

    [LoggerMessage(8, LogLevel.Error, "{What} in {Path} cannot be read; retrying in {Seconds} s.")]
    public static partial void Unreadable(this ILogger logger, string what, string path, double seconds, Exception exception);

    [LoggerMessage(9, LogLevel.Warning, "Dropped {Count} messages for {InstanceId}, which has no history for them.")]
    public static partial void MessagesDropped(this ILogger logger, int count, string instanceId);
}
