namespace TfeBackup.Server;

/// <summary>The service's own log events.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "A fresh API token was written to {File}; it can read and replace all data of this installation")]
    public static partial void TokenCreated(ILogger logger, string file);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "The API token in {File} can be read by others than its owner: chmod 0600 it")]
    public static partial void TokenReadable(ILogger logger, string file);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Information, Message = "{Operation} refused with {Status}: {Reason}")]
    public static partial void Refused(ILogger logger, string operation, int status, string reason);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Error, Message = "{Operation} failed: {Reason}")]
    public static partial void Failed(ILogger logger, Exception exception, string operation, string reason);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Error, Message = "{Operation} failed after its answer had begun; the connection was aborted so that what was sent cannot pass for a backup: {Reason}")]
    public static partial void Aborted(ILogger logger, Exception exception, string operation, string reason);

    [LoggerMessage(EventId = 2006, Level = LogLevel.Warning, Message = "{Operation} was given up by the client, or by this service's shutdown, before it was over")]
    public static partial void GivenUp(ILogger logger, string operation);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Warning, Message = "Health: {Part} does not answer: {Reason}")]
    public static partial void Unhealthy(ILogger logger, string part, string reason);

    [LoggerMessage(EventId = 2008, Level = LogLevel.Warning, Message = "What an interrupted restore left cannot be finished yet: {Reason}. Trying again")]
    public static partial void RecoveryDelayed(ILogger logger, string reason);

    [LoggerMessage(EventId = 2009, Level = LogLevel.Information, Message = "The application's {Action} ({Request}) begins: {Control}")]
    public static partial void ControlBegins(ILogger logger, string action, string request, string control);

    [LoggerMessage(EventId = 2010, Level = LogLevel.Information, Message = "The application's {Action} ({Request}) succeeded after {Seconds:0.0} s; its command's last words: {Words}")]
    public static partial void ControlSucceeded(ILogger logger, string action, string request, double seconds, string words);

    [LoggerMessage(EventId = 2011, Level = LogLevel.Error, Message = "The application's {Action} ({Request}) failed after {Seconds:0.0} s: {Reason}")]
    public static partial void ControlFailed(ILogger logger, string action, string request, double seconds, string reason);

    [LoggerMessage(EventId = 2012, Level = LogLevel.Warning, Message = "The application's {Action} was asked for while a {Operation} works on the installation, and forced")]
    public static partial void ControlForced(ILogger logger, string action, string operation);
}
