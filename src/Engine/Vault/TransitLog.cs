using Microsoft.Extensions.Logging;

namespace TfeBackup.Engine.Vault;

/// <summary>What the Transit client logs. No values, no tokens.</summary>
internal static partial class TransitLog
{
    [LoggerMessage(1401, LogLevel.Warning, "Vault did not serve {Path} (attempt {Attempt}): {Reason}; trying again in {Pause}")]
    public static partial void Retrying(ILogger logger, string path, int attempt, string reason, TimeSpan pause);

    [LoggerMessage(1402, LogLevel.Information, "Another Vault token is used from now on: the token file's newer one, or that of a new login")]
    public static partial void TokenReplaced(ILogger logger);

    [LoggerMessage(1403, LogLevel.Debug, "The Vault token was renewed; it expires at {Expires}")]
    public static partial void TokenRenewed(ILogger logger, DateTimeOffset? expires);

    [LoggerMessage(1404, LogLevel.Warning, "Vault does not renew the token ({Status}: {Reason}); its policy needs `update` on auth/token/renew-self, which the policy `default` grants")]
    public static partial void TokenNotRenewed(ILogger logger, int status, string reason);

    [LoggerMessage(1405, LogLevel.Warning, "The Vault token expires at {Expires}, and Vault does not prolong it: give another one in time, or let the service log in with an AppRole (Vault:RoleId)")]
    public static partial void TokenEnds(ILogger logger, DateTimeOffset expires);

    [LoggerMessage(1406, LogLevel.Warning, "The Vault token could not be looked after: {Reason} Trying again in {Pause}")]
    public static partial void TokenUntended(ILogger logger, string reason, TimeSpan pause);
}
