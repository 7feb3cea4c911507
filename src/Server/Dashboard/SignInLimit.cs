using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using TfeBackup.Server.Api;
using TfeBackup.Server.Dashboard.Pages;

namespace TfeBackup.Server.Dashboard;

/// <summary>
/// How often one address may try a password, right or wrong: unlike a token, a password that somebody chose can be guessed, so even the right one waits.
/// </summary>
internal static class SignInLimit
{
    /// <summary>The policy's name.</summary>
    public const string Policy = "sign-in";

    private const int Tries = 5;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void Apply(RateLimiterOptions options)
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.AddPolicy(Policy, context => RateLimitPartition.GetFixedWindowLimiter(
            ClientNetwork.Of(context.Connection.RemoteIpAddress),
            _ => new FixedWindowRateLimiterOptions { PermitLimit = Tries, Window = Window, QueueLimit = 0 }));
        options.OnRejected = async (rejected, _) =>
        {
            var context = rejected.HttpContext;
            var logger = context.RequestServices.GetRequiredService<ILogger<AdminPassword>>();
            ServerLog.DashboardRefused(logger, "too many tries to sign in", context.Connection.RemoteIpAddress);
            context.Response.Headers.RetryAfter = Window.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture);
            await DashboardRoutes.Page<SignInPage>(context, StatusCodes.Status429TooManyRequests, "Too many tries. Wait a minute, then try again.").ExecuteAsync(context);
        };
    }
}
