using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using TfeBackup.SampleInstallation.Data;

namespace TfeBackup.SampleInstallation.Security;

/// <summary>Lets requests in that carry a known user's name and password; readers may only read.</summary>
internal sealed class BasicAuthentication(InstallationCache cache) : IEndpointFilter
{
    private const string Scheme = "Basic";

    // What was accepted once, as a keyed hash for this process only, so that not every request derives the password again.
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<(string StoredHash, string Given), bool> _accepted = new();

    /// <summary>The user that a request was let in as.</summary>
    public static User UserOf(HttpContext context) => (User)context.Items[typeof(User)]!;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (Find(http.Request.Headers.Authorization) is not { } user)
        {
            http.Response.Headers.WWWAuthenticate = $"{Scheme} realm=\"state\"";
            return Results.Unauthorized();
        }

        if (user.Role == "reader" && !HttpMethods.IsGet(http.Request.Method))
        {
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        }

        http.Items[typeof(User)] = user;
        return await next(context);
    }

    private User? Find(string? authorization)
    {
        if (!AuthenticationHeaderValue.TryParse(authorization, out var header) || header is not { Scheme: Scheme, Parameter: { } parameter })
        {
            return null;
        }

        var decoded = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, decoded, out var length))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2);
        if (pair.Length != 2 || !cache.Users.TryGetValue(pair[0], out var user))
        {
            return null;
        }

        var known = (user.PasswordHash, Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(pair[1]))));
        if (!_accepted.ContainsKey(known))
        {
            if (!PasswordHash.Matches(pair[1], user.PasswordHash))
            {
                return null;
            }

            _accepted[known] = true;
        }

        return user;
    }
}
