using Microsoft.Extensions.Logging;

namespace TfeBackup.Engine.Vault;

/// <summary>What the Transit client logs. No values, no tokens.</summary>
internal static partial class TransitLog
{
    [LoggerMessage(3101, LogLevel.Warning, "Vault did not serve {Path} (attempt {Attempt}): {Reason}; trying again in {Pause}")]
    public static partial void Retrying(ILogger logger, string path, int attempt, string reason, TimeSpan pause);

    [LoggerMessage(3102, LogLevel.Information, "Vault refused the token; using the newer one of the token file")]
    public static partial void TokenRenewed(ILogger logger);
}
