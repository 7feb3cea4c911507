using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace TfeBackup.Engine.Vault;

/// <summary>
/// The token in use: fixed, from a file that somebody else keeps fresh, or from a login with an AppRole. It can be renewed, and replaced when Vault
/// refuses it.
/// </summary>
internal sealed class VaultToken(TransitOptions options, VaultConnection vault, TimeProvider time, ILogger logger) : IDisposable
{
    private const string LookupPath = "auth/token/lookup-self";
    private const string RenewPath = "auth/token/renew-self";

    // A token that was replaced meanwhile, or a life that somebody shortened, is noticed that much later.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile string? _current = options.Token;
    private volatile VaultTokenLife? _life;
    private DateTimeOffset _warnedOf;

    /// <summary>The remaining lifetime of the token in use; null while it is unknown.</summary>
    public VaultTokenLife? Life => _life;

    /// <summary>The token to send.</summary>
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken) => _current ?? await ObtainAsync(null, cancellationToken);

    /// <summary>True if there now is a newer token than the one Vault refused.</summary>
    public async ValueTask<bool> ReplaceAsync(string refused, CancellationToken cancellationToken)
    {
        if ((options.TokenFile ?? options.RoleId) is null || await ObtainAsync(refused, cancellationToken) == refused)
        {
            return false;
        }

        TransitLog.TokenReplaced(logger);
        return true;
    }

    /// <summary>Looks up the token in use, and switches to a newer one if Vault refuses it.</summary>
    public async Task<VaultAnswer> LookUpAsync(CancellationToken cancellationToken)
    {
        var token = await GetAsync(cancellationToken);
        var answer = await vault.SendAsync(HttpMethod.Get, LookupPath, token, null, cancellationToken);
        if (answer.Status == HttpStatusCode.Forbidden && await ReplaceAsync(token, cancellationToken))
        {
            answer = await vault.SendAsync(HttpMethod.Get, LookupPath, await GetAsync(cancellationToken), null, cancellationToken);
        }

        if (answer is { Status: HttpStatusCode.OK, Response.Data: { } data })
        {
            Live(data.Ttl, data.Renewable, data.Period > 0 ? data.Period : data.CreationTtl);
        }

        return answer;
    }

    /// <summary>Renews the token, or logs in anew, where half of its time is over.</summary>
    /// <returns>When to look again.</returns>
    public async Task<TimeSpan> MaintainAsync(CancellationToken cancellationToken)
    {
        var answer = await LookUpAsync(cancellationToken);
        if (answer.Status != HttpStatusCode.OK && answer.Status != HttpStatusCode.Forbidden)
        {
            throw vault.Unavailable($"{LookupPath} answers {(int)answer.Status}: {answer.Reason}");
        }

        // Where the policy does not let a token look at itself, renewing it tells as much.
        if (answer.Status == HttpStatusCode.Forbidden || _life is { Renewable: true } life && life.IsDue(time.GetUtcNow()))
        {
            await RenewAsync(cancellationToken);
        }

        if (_life is { } left && left.IsDue(time.GetUtcNow()))
        {
            if (options.RoleId is null)
            {
                WarnOfEnd(left.Expires!.Value);
                return LongestPause;
            }

            // Renewals end at the role's token_max_ttl; a login begins anew.
            await ReplaceAsync(await GetAsync(cancellationToken), cancellationToken);
        }

        var pause = _life is { Expires: { } expires } known ? expires - (known.Lease / 2) - time.GetUtcNow() : LongestPause;
        return TimeSpan.FromTicks(Math.Clamp(pause.Ticks, ShortestPause.Ticks, LongestPause.Ticks));
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private void WarnOfEnd(DateTimeOffset expires)
    {
        // Every look computes it from the seconds left, so it is never quite the same.
        if ((expires - _warnedOf).Duration() > LongestPause || expires - time.GetUtcNow() < TimeSpan.FromHours(1))
        {
            _warnedOf = expires;
            TransitLog.TokenEnds(logger, expires);
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var answer = await vault.SendAsync(HttpMethod.Post, RenewPath, await GetAsync(cancellationToken), "{}"u8.ToArray(), cancellationToken);
        if (answer is { Status: HttpStatusCode.OK, Response.Auth: { } auth })
        {
            Live(auth.LeaseDuration, auth.Renewable, Math.Max(auth.LeaseDuration, (long)(_life?.Lease.TotalSeconds ?? 0)));
            TransitLog.TokenRenewed(logger, _life?.Expires);
        }
        else
        {
            TransitLog.TokenNotRenewed(logger, (int)answer.Status, answer.Reason);
        }
    }

    private async Task<string> ObtainAsync(string? refused, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Another request may have obtained it while this one waited.
            if (_current is { } known && known != refused)
            {
                return known;
            }

            var token = options.TokenFile is { } file
                ? await ReadAsync("Vault:TokenFile", file, cancellationToken)
                : await LogInAsync(cancellationToken);
            if (token != _current && options.TokenFile is not null)
            {
                _life = null;
            }

            _current = token;
            return token;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<string> LogInAsync(CancellationToken cancellationToken)
    {
        var secret = options.SecretIdFile is { } file ? await ReadAsync("Vault:SecretIdFile", file, cancellationToken) : options.SecretId;
        var path = $"auth/{options.AuthMount}/login";
        var body = JsonSerializer.SerializeToUtf8Bytes(new AppRoleLogin(options.RoleId!, secret), TransitJson.Default.AppRoleLogin);
        var answer = await vault.SendAsync(HttpMethod.Post, path, token: null, body, cancellationToken);
        if (TransitRetry.IsTransient(answer.Status))
        {
            // For whoever sends requests to try again, as with any other that was not served.
            throw new HttpRequestException($"{path} answers {(int)answer.Status}: {answer.Reason}");
        }

        if (answer is not { Status: HttpStatusCode.OK, Response.Auth: { ClientToken: { Length: > 0 } token } auth })
        {
            throw vault.Unavailable(
                $"{path} refuses the login with Vault:RoleId ({(int)answer.Status}: {answer.Reason}); check that the role id is right and the secret id is valid, "
                + "neither expired nor used up");
        }

        Live(auth.LeaseDuration, auth.Renewable, auth.LeaseDuration);
        return token;
    }

    private void Live(long seconds, bool renewable, long lease) => _life = new VaultTokenLife(
        seconds > 0 ? time.GetUtcNow().AddSeconds(seconds) : null, renewable, TimeSpan.FromSeconds(Math.Max(seconds, lease)));

    private static async Task<string> ReadAsync(string setting, string file, CancellationToken cancellationToken)
    {
        try
        {
            var text = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
            return text.Length > 0 && text.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0
                ? text
                : throw new EngineException(EngineError.Unavailable, $"{setting} {file} is invalid: expected one line of visible ASCII.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineError.Unavailable, $"{setting} {file} cannot be read: {e.Message}", e);
        }
    }
}
