using TfeBackup.Engine;
using TfeBackup.Server.Api;
using TfeBackup.Server.Application;
using TfeBackup.Server.Dashboard.Pages;

namespace TfeBackup.Server.Dashboard;

/// <summary>Stop, start and drain of the application, and what they come to.</summary>
internal static class ApplicationRoutes
{
    /// <summary>The section alone, for pages that wait for an action's end.</summary>
    public const string Section = "/settings/application";

    public static void Map(WebApplication app)
    {
        app.MapGet(Section, async (HttpContext context, SettingsOverview overview) =>
        {
            await overview.LoadApplicationAsync(context.RequestAborted);
            return DashboardRoutes.Page<ApplicationSection>(context);
        });
        foreach (var action in Enum.GetValues<ApplicationAction>())
        {
            app.MapForm($"{Section}/{action.Name()}", async (context, form) =>
            {
                var isForced = form["force"] == "true";
                try
                {
                    await context.RequestServices.GetRequiredService<ApplicationEndpoint>()
                        .RequestAsync(action, isForced, "ask for it once more below and tick the box", context.RequestAborted);
                    DashboardRoutes.Note(context, $"a {action.Name()} of the application was asked for{(isForced ? ", whatever works on the installation" : "")}");
                    return Results.Redirect($"{DashboardRoutes.SettingsPath}#application");
                }
                catch (Exception e) when (e is ApiException or EngineException)
                {
                    var failure = Failure.From(e);
                    context.RequestServices.GetRequiredService<PageState>().OffersForce = failure.Kind == nameof(EngineError.Busy);
                    return await DashboardRoutes.SettingsAsync(context, failure.Status, failure.Reason);
                }
            });
        }
    }
}
