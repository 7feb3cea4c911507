using Microsoft.Extensions.Logging;

namespace TfeBackup.Local.Runtime;

internal static partial class WorkerLog
{
    [LoggerMessage(3101, LogLevel.Debug, "Activity {Activity} of {Operation} begins (start {Start}).")]
    public static partial void ActivityBegins(this ILogger logger, string activity, string operation, int start);

    [LoggerMessage(3102, LogLevel.Warning, "Activity {Activity} of {Operation} begins again: the process that ran it is gone (start {Start}).")]
    public static partial void ActivityBeginsAgain(this ILogger logger, string activity, string operation, int start);

    [LoggerMessage(3103, LogLevel.Debug, "Activity {Activity} of {Operation} returned.")]
    public static partial void ActivityReturned(this ILogger logger, string activity, string operation);

    [LoggerMessage(3104, LogLevel.Warning, "Activity {Activity} of {Operation} failed: {Failure}")]
    public static partial void ActivityFailed(this ILogger logger, string activity, string operation, string failure);

    [LoggerMessage(3105, LogLevel.Information, "Activity {Activity} of {Operation} was stopped; another process, or the next start, begins it again.")]
    public static partial void ActivityStopped(this ILogger logger, string activity, string operation);

    [LoggerMessage(3106, LogLevel.Warning, "Activity {Activity} of {Operation} is no longer this process's: its operation has ended, or it went without a sign of life for too long and another process took it over.")]
    public static partial void ActivityLost(this ILogger logger, string activity, string operation);

    [LoggerMessage(3107, LogLevel.Error, "The journal {Path} cannot be used; trying again.")]
    public static partial void JournalFails(this ILogger logger, string path, Exception exception);
}
