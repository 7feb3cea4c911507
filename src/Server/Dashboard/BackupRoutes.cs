using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;
using TfeBackup.Engine;
using TfeBackup.Server.Api;
using TfeBackup.Server.Dashboard.Pages;

namespace TfeBackup.Server.Dashboard;

/// <summary>Backups as downloads, restores as uploads, and what was done: through the same endpoints as the API.</summary>
internal static class BackupRoutes
{
    public const string Path = "/settings/backups";

    /// <summary>The history alone, for pages that wait for an operation's end.</summary>
    public const string History = $"{Path}/history";

    public static void Map(WebApplication app)
    {
        app.MapGet(Path, (Delegate)((HttpContext context) => PageAsync(context)));
        app.MapGet(History, (HttpContext context) => DashboardRoutes.Page<HistorySection>(context));
        app.MapForm($"{Path}/new", async (context, form) =>
        {
            var password = form["password"].ToString();
            var error = password.Length == 0 ? "Give the backup a password." : password != form["repeat"] ? "The two passwords differ." : null;
            if (error is not null)
            {
                return await PageAsync(context, StatusCodes.Status400BadRequest, error);
            }

            DashboardRoutes.Note(context, "a backup was asked for");
            await context.RequestServices.GetRequiredService<BackupEndpoint>().DownloadAsync(
                context,
                new BackupRequest(password, form["skip"] == "true"),
                async failure => await (await PageAsync(context, failure.Status, failure.Reason)).ExecuteAsync(context));
            return Results.Empty;
        });
        app.MapPost($"{Path}/restore", async (HttpContext context, IAntiforgery antiforgery, RestoreEndpoint restore) =>
        {
            // The form's token comes in a header, since the body is as large as a backup and is not read before.
            if (!context.Request.Headers.ContainsKey("RequestVerificationToken") || !await antiforgery.IsRequestValidAsync(context))
            {
                await Results.Problem("This page is out of date. Load it again, then repeat what you did.", statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
                return;
            }

            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            DashboardRoutes.Note(context, "a restore was asked for");
            await restore.UploadAsync(context);
        });
    }

    private static async Task<IResult> PageAsync(HttpContext context, int status = StatusCodes.Status200OK, string? error = null)
    {
        var health = await context.RequestServices.GetRequiredService<HealthEndpoint>().ReportAsync(withContent: true, context.RequestAborted);
        context.RequestServices.GetRequiredService<PageState>().IsEmpty = health.Content == "empty";
        return DashboardRoutes.Page<BackupsPage>(context, status, error);
    }
}
