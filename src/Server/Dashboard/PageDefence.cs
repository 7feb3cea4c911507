using TfeBackup.Server.Dashboard.Pages;

namespace TfeBackup.Server.Dashboard;

/// <summary>What every answer says to the browser, and what is said where a request failed unexpectedly.</summary>
internal sealed class PageDefence(RequestDelegate next, ILogger<PageDefence> logger)
{
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public async Task InvokeAsync(HttpContext context)
    {
        Protect(context.Response.Headers);
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            ServerLog.DashboardFailed(logger, e, context.Request.Path);
            context.Response.Clear();
            Protect(context.Response.Headers);
            await DashboardRoutes.Page<MessagePage>(context, StatusCodes.Status500InternalServerError, "Something unexpected went wrong. The service's log has the details.")
                .ExecuteAsync(context);
        }
    }

    // No Strict-Transport-Security: it would hold for every port of the host, the application's, too.
    private static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-cache, no-store";
    }
}
