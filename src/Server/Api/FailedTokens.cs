using System.Net;
using System.Threading.RateLimiting;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Api;

/// <summary>
/// Counts wrong tokens by address. Beyond the limit they are refused without a line in the log and without reading what else they send. The right
/// token is always served: nobody can lock out its holder by sending wrong ones from the same address, such as that of a proxy.
/// </summary>
internal sealed class FailedTokens(ServiceSettings settings) : IDisposable
{
    /// <summary>The longest time a refused address has to wait.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<IPAddress> _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        address => RateLimitPartition.GetFixedWindowLimiter(
            ClientNetwork.Of(address),
            _ => new FixedWindowRateLimiterOptions { PermitLimit = settings.FailedTokensPerMinute, Window = Window, QueueLimit = 0 }));

    /// <summary>Counts a wrong token.</summary>
    /// <returns>True if its address is still within the limit.</returns>
    public bool Count(IPAddress? address)
    {
        using var lease = _limiter.AttemptAcquire(address ?? IPAddress.None);
        return lease.IsAcquired;
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();
}
