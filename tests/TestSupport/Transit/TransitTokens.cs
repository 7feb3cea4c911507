using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace TfeBackup.TestSupport.Transit;

/// <summary>The tokens of a <see cref="TransitServer"/>: how long each is good for, their renewal, and logins with AppRoles, as Vault has them.</summary>
internal sealed class TransitTokens
{
    private readonly ConcurrentDictionary<string, Lease> _leases = new();
    private readonly ConcurrentDictionary<string, (string SecretId, TimeSpan Ttl, TimeSpan MaxTtl)> _roles = new();
    private int _renewals;
    private int _logins;

    public int Renewals => _renewals;

    public int Logins => _logins;

    /// <summary>Makes a token.</summary>
    /// <param name="ttl">How long it is good for after each renewal; null for ever.</param>
    /// <param name="maxTtl">How long renewals can prolong it; null without end (a periodic token).</param>
    /// <param name="renewable">Whether it is renewed at all.</param>
    public string Create(TimeSpan? ttl = null, TimeSpan? maxTtl = null, bool renewable = true)
    {
        var token = $"hvs.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        var now = DateTimeOffset.UtcNow;
        _leases[token] = new Lease(ttl, now + ttl, now + maxTtl, renewable && ttl is not null);
        return token;
    }

    public void Revoke(string token) => _leases.TryRemove(token, out _);

    public bool IsValid(string token) => _leases.TryGetValue(token, out var lease) && !(lease.Expires < DateTimeOffset.UtcNow);

    public (string RoleId, string SecretId) CreateRole(TimeSpan ttl, TimeSpan maxTtl)
    {
        var (role, secret) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        _roles[role] = (secret, ttl, maxTtl);
        return (role, secret);
    }

    public void Map(WebApplication host, Func<HttpRequest, string> tokenOf)
    {
        host.MapGet("/v1/auth/token/lookup-self", (HttpRequest request) => Describe(_leases[tokenOf(request)]));
        host.MapPost("/v1/auth/token/renew-self", (HttpRequest request) => Renew(tokenOf(request)));
        host.MapPost("/v1/auth/{mount}/login", (HttpRequest request) => LogInAsync(request));
    }

    private static IResult Describe(Lease lease) => TransitRoutes.Json(200, new JsonObject
    {
        ["data"] = new JsonObject
        {
            ["policies"] = new JsonArray("root"),
            ["ttl"] = Seconds(lease.Expires - DateTimeOffset.UtcNow),
            ["creation_ttl"] = Seconds(lease.Ttl),
            ["renewable"] = lease.Renewable,
        },
    }.ToJsonString());

    private IResult Renew(string token)
    {
        var lease = _leases[token];
        if (!lease.Renewable)
        {
            return TransitRoutes.Error(400, "lease is not renewable");
        }

        var expires = DateTimeOffset.UtcNow + lease.Ttl;
        _leases[token] = lease = lease with { Expires = expires > lease.Latest ? lease.Latest : expires };
        Interlocked.Increment(ref _renewals);
        return Auth(token, lease);
    }

    private async Task<IResult> LogInAsync(HttpRequest request)
    {
        using var body = await JsonDocument.ParseAsync(request.Body);
        if (!_roles.TryGetValue(body.RootElement.GetProperty("role_id").GetString()!, out var role)
            || body.RootElement.GetProperty("secret_id").GetString() != role.SecretId)
        {
            return TransitRoutes.Error(400, "invalid role or secret ID");
        }

        Interlocked.Increment(ref _logins);
        var token = Create(role.Ttl, role.MaxTtl);
        return Auth(token, _leases[token]);
    }

    private static IResult Auth(string token, Lease lease) => TransitRoutes.Json(200, new JsonObject
    {
        ["auth"] = new JsonObject
        {
            ["client_token"] = token,
            ["lease_duration"] = Seconds(lease.Expires - DateTimeOffset.UtcNow),
            ["renewable"] = lease.Renewable,
        },
    }.ToJsonString());

    // Vault counts in whole seconds.
    private static long Seconds(TimeSpan? span) => (long)Math.Ceiling(span?.TotalSeconds ?? 0);

    private sealed record Lease(TimeSpan? Ttl, DateTimeOffset? Expires, DateTimeOffset? Latest, bool Renewable);
}
