using Microsoft.Extensions.Logging;

namespace TfeBackup.Engine.Vault;

/// <summary>Log messages of the Transit client. No values, no tokens.</summary>
internal static partial class TransitLog
{
    [LoggerMessage(1401, LogLevel.Warning, "Vault request {Path} failed (attempt {Attempt}): {Reason}; retrying in {Pause}")]
    public static partial void Retrying(ILogger logger, string path, int attempt, string reason, TimeSpan pause);

    [LoggerMessage(1402, LogLevel.Information, "Switched to a newer Vault token: that of the token file or of a new login")]
    public static partial void TokenReplaced(ILogger logger);

    [LoggerMessage(1403, LogLevel.Debug, "The Vault token was renewed; it expires at {Expires}")]
    public static partial void TokenRenewed(ILogger logger, DateTimeOffset? expires);

    [LoggerMessage(1404, LogLevel.Warning, "Vault refused to renew the token ({Status}: {Reason}); its policy needs `update` on auth/token/renew-self, which the policy `default` grants")]
    public static partial void TokenNotRenewed(ILogger logger, int status, string reason);

    [LoggerMessage(1405, LogLevel.Warning, "The Vault token expires at {Expires} and cannot be renewed: replace it before, or let the service log in with an AppRole (Vault:RoleId)")]
    public static partial void TokenEnds(ILogger logger, DateTimeOffset expires);

    [LoggerMessage(1406, LogLevel.Warning, "The Vault token could not be checked or renewed: {Reason} Retrying in {Pause}")]
    public static partial void TokenUntended(ILogger logger, string reason, TimeSpan pause);
}
