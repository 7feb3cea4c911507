namespace TfeBackup.Server;

/// <summary>The service's own log events.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(EventId = 4001, Level = LogLevel.Information, Message = "A new API token was written to {File}; it gives access to read and replace all data of this installation")]
    public static partial void TokenCreated(ILogger logger, string file);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "The API token in {File} is readable by others than its owner: chmod it to 0600")]
    public static partial void TokenReadable(ILogger logger, string file);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Information, Message = "{Operation} refused with {Status}: {Reason}")]
    public static partial void Refused(ILogger logger, string operation, int status, string reason);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Error, Message = "{Operation} failed: {Reason}")]
    public static partial void Failed(ILogger logger, Exception exception, string operation, string reason);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Error, Message = "{Operation} failed after its answer had begun; the connection was aborted so that the client cannot take it for complete: {Reason}")]
    public static partial void Aborted(ILogger logger, Exception exception, string operation, string reason);

    [LoggerMessage(EventId = 4006, Level = LogLevel.Warning, Message = "{Operation} was cancelled by the client or by this service's shutdown")]
    public static partial void GivenUp(ILogger logger, string operation);

    [LoggerMessage(EventId = 4007, Level = LogLevel.Warning, Message = "Health: {Part} does not answer: {Reason}")]
    public static partial void Unhealthy(ILogger logger, string part, string reason);

    [LoggerMessage(EventId = 4008, Level = LogLevel.Warning, Message = "An interrupted restore cannot be completed yet: {Reason} Retrying")]
    public static partial void RecoveryDelayed(ILogger logger, string reason);

    [LoggerMessage(EventId = 4013, Level = LogLevel.Information, Message = "Removed {Count} temporary files of a killed process from {Directory}")]
    public static partial void Swept(ILogger logger, int count, string directory);

    [LoggerMessage(EventId = 4014, Level = LogLevel.Information, Message = "Restore {Operation} was already done by an earlier request; nothing was done")]
    public static partial void DoneBefore(ILogger logger, string operation);

    [LoggerMessage(EventId = 4009, Level = LogLevel.Information, Message = "The application's {Action} ({Request}) started: {Control}")]
    public static partial void ControlBegins(ILogger logger, string action, string request, string control);

    [LoggerMessage(EventId = 4010, Level = LogLevel.Information, Message = "The application's {Action} ({Request}) succeeded after {Seconds:0.0} s; the end of its command's output: {Words}")]
    public static partial void ControlSucceeded(ILogger logger, string action, string request, double seconds, string words);

    [LoggerMessage(EventId = 4011, Level = LogLevel.Error, Message = "The application's {Action} ({Request}) failed after {Seconds:0.0} s: {Reason}")]
    public static partial void ControlFailed(ILogger logger, Exception? unexpected, string action, string request, double seconds, string reason);

    [LoggerMessage(EventId = 4012, Level = LogLevel.Warning, Message = "The application's {Action} was forced while a {Operation} of the installation is in progress")]
    public static partial void ControlForced(ILogger logger, string action, string operation);

    [LoggerMessage(EventId = 4017, Level = LogLevel.Warning, Message = "The client of {Operation} has disconnected after sending everything; the operation continues")]
    public static partial void GoesOnAlone(ILogger logger, string operation);

    [LoggerMessage(EventId = 4016, Level = LogLevel.Information, Message = "The restore's upload is complete; the restore continues even if its client disconnects")]
    public static partial void UploadArrived(ILogger logger);

    [LoggerMessage(EventId = 4018, Level = LogLevel.Warning, Message = "The database could not be asked for operations of other nodes, so only this node's were checked: {Reason}")]
    public static partial void UseUnknown(ILogger logger, string reason);

    [LoggerMessage(EventId = 4015, Level = LogLevel.Warning, Message = "The API token in {File} has {Length} characters; use one of at least {Least}, or remove the file to have a new one generated")]
    public static partial void TokenShort(ILogger logger, string file, int length, int least);

    [LoggerMessage(EventId = 4019, Level = LogLevel.Warning, Message = "The API token's file has changed and cannot be read; the token of before stays in force: {Reason}")]
    public static partial void TokenUnreadable(ILogger logger, string reason);

    [LoggerMessage(EventId = 4030, Level = LogLevel.Information, Message = "The settings dashboard is at {Address}")]
    public static partial void DashboardListens(ILogger logger, string address);

    [LoggerMessage(EventId = 4031, Level = LogLevel.Warning, Message = "There is no settings dashboard: {Reason}")]
    public static partial void DashboardAbsent(ILogger logger, string reason);

    [LoggerMessage(EventId = 4032, Level = LogLevel.Warning, Message = "The settings dashboard has no administrator password yet. Set it within {Minutes} minutes, or restart the service for another link: {Link}")]
    public static partial void DashboardSetup(ILogger logger, int minutes, string link);

    [LoggerMessage(EventId = 4033, Level = LogLevel.Information, Message = "Dashboard: {What} from {Address}")]
    public static partial void DashboardUsed(ILogger logger, string what, System.Net.IPAddress? address);

    [LoggerMessage(EventId = 4034, Level = LogLevel.Warning, Message = "Dashboard: {What} from {Address}")]
    public static partial void DashboardRefused(ILogger logger, string what, System.Net.IPAddress? address);

    [LoggerMessage(EventId = 4035, Level = LogLevel.Error, Message = "Dashboard: {Request} failed")]
    public static partial void DashboardFailed(ILogger logger, Exception exception, string request);

    [LoggerMessage(EventId = 4020, Level = LogLevel.Warning, Message = "The history of backups and restores in {File} cannot be read or written: {Reason}")]
    public static partial void HistoryNotKept(ILogger logger, string file, string reason);
}
