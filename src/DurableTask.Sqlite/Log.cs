using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite;

/// <summary>Log messages of the backend.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "{Path} cannot be read or written; trying again.")]
    public static partial void DatabaseFails(this ILogger logger, string path, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "This process did not renew its locks in {Path} for {Seconds} s and was taken for dead; what it was working on may run again elsewhere.")]
    public static partial void LeaseLost(this ILogger logger, string path, double seconds);

    [LoggerMessage(3, LogLevel.Information, "Worker {Worker} has died; its work is taken over.")]
    public static partial void TookOver(this ILogger logger, string worker);

    [LoggerMessage(4, LogLevel.Information, "Activity {Activity} of {InstanceId} was finished after another worker had taken it over or its orchestration had ended; its result is dropped.")]
    public static partial void ActivityLost(this ILogger logger, string? activity, string instanceId);

    [LoggerMessage(5, LogLevel.Information, "Activity {Activity} of {InstanceId} stops with its host and will be run again.")]
    public static partial void ActivityStopped(this ILogger logger, string? activity, string instanceId);

    [LoggerMessage(6, LogLevel.Error, "Activity {Activity} of {InstanceId} was begun {Attempts} times and given up each time; it fails.")]
    public static partial void ActivityGivenUp(this ILogger logger, string? activity, string instanceId, int attempts);

    [LoggerMessage(7, LogLevel.Warning, "{InstanceId} could not be worked on (attempt {Attempts}); it is tried again in {Seconds} s.")]
    public static partial void TriedAgain(this ILogger logger, string instanceId, int attempts, double seconds);

    [LoggerMessage(8, LogLevel.Error, "{What} in {Path} cannot be read; it is tried again in {Seconds} s.")]
    public static partial void Unreadable(this ILogger logger, string what, string path, double seconds, Exception exception);

    [LoggerMessage(9, LogLevel.Warning, "Dropped {Count} messages for {InstanceId}, which has no history they could belong to.")]
    public static partial void MessagesDropped(this ILogger logger, int count, string instanceId);
}
