using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using TfeBackup.Server.Dashboard.Pages;

namespace TfeBackup.Server.Dashboard;

/// <summary>The dashboard's addresses. Without <c>AllowAnonymous</c> they need a session.</summary>
internal static class DashboardRoutes
{
    public const string SettingsPath = "/settings";
    public const string SignInPath = "/settings/sign-in";

    public static void Map(WebApplication app)
    {
        app.MapGet("/", () => Results.Redirect(SettingsPath)).AllowAnonymous();
        DashboardAssets.Map(app);
        MapSignIn(app);
        TokenRoutes.Map(app);
        ApplicationRoutes.Map(app);
        BackupRoutes.Map(app);
        app.MapGet(SettingsPath, (Delegate)((HttpContext context) => SettingsAsync(context)));
        app.MapFallback((HttpContext context) => Page<MessagePage>(context, StatusCodes.Status404NotFound, "There is no such page."));
    }

    /// <summary>A page as an answer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status.</param>
    /// <param name="error">What went wrong, for the page.</param>
    public static RazorComponentResult<TPage> Page<TPage>(HttpContext context, int status = StatusCodes.Status200OK, string? error = null)
        where TPage : IComponent
    {
        context.RequestServices.GetRequiredService<PageState>().Error ??= error;
        return new RazorComponentResult<TPage> { StatusCode = status, PreventStreamingRendering = true };
    }

    /// <summary>The settings page as an answer.</summary>
    public static async Task<IResult> SettingsAsync(HttpContext context, int status = StatusCodes.Status200OK, string? error = null)
    {
        await context.RequestServices.GetRequiredService<SettingsOverview>().LoadAsync(context.RequestAborted);
        return Page<SettingsPage>(context, status, error);
    }

    /// <summary>Maps a form of this dashboard's own pages: what another site sends is refused before it is read.</summary>
    public static RouteHandlerBuilder MapForm(this IEndpointRouteBuilder app, string path, Func<HttpContext, IFormCollection, Task<IResult>> handle) =>
        app.MapPost(path, async (HttpContext context, IAntiforgery antiforgery) =>
            await antiforgery.IsRequestValidAsync(context) && context.Request.HasFormContentType
                ? await handle(context, await context.Request.ReadFormAsync(context.RequestAborted))
                : Page<MessagePage>(context, StatusCodes.Status400BadRequest, "This form is out of date, or does not come from this dashboard. Open the page again, then repeat what you did."));

    /// <summary>Notes in the log what somebody did.</summary>
    public static void Note(HttpContext context, string what) =>
        ServerLog.DashboardUsed(context.RequestServices.GetRequiredService<ILogger<PageState>>(), what, context.Connection.RemoteIpAddress);

    private static void MapSignIn(WebApplication app)
    {
        app.MapGet(SignInPath, (HttpContext context) => Page<SignInPage>(context)).AllowAnonymous();
        app.MapForm(SignInPath, async (context, form) =>
        {
            var admin = context.RequestServices.GetRequiredService<AdminPassword>();
            if (!await admin.MatchesAsync(form["password"], context.RequestAborted))
            {
                ServerLog.DashboardRefused(context.RequestServices.GetRequiredService<ILogger<AdminPassword>>(), "a wrong password", context.Connection.RemoteIpAddress);
                return Page<SignInPage>(context, StatusCodes.Status401Unauthorized, "That is not the password.");
            }

            await SignInAsync(context, "signed in");
            return Results.Redirect(SettingsPath);
        }).AllowAnonymous().RequireRateLimiting(SignInLimit.Policy);

        const string setup = "/settings/setup";
        app.MapGet(setup, (HttpContext context, AdminPassword admin, PageState state, string? code) =>
        {
            state.Code = admin.IsCode(code) ? code : null;
            return Page<SetupPage>(context, state.Code is null ? StatusCodes.Status403Forbidden : StatusCodes.Status200OK);
        }).AllowAnonymous();
        app.MapForm(setup, async (context, form) =>
        {
            var admin = context.RequestServices.GetRequiredService<AdminPassword>();
            var state = context.RequestServices.GetRequiredService<PageState>();
            if (!admin.IsCode(form["code"]))
            {
                return Page<SetupPage>(context, StatusCodes.Status403Forbidden);
            }

            var password = form["password"].ToString();
            state.Code = form["code"];
            state.Error = password.Length < AdminPassword.LeastLength
                ? $"The password has {password.Length} characters. It has to have at least {AdminPassword.LeastLength}."
                : password != form["repeat"] ? "The two passwords differ." : null;
            if (state.Error is not null)
            {
                return Page<SetupPage>(context, StatusCodes.Status400BadRequest);
            }

            try
            {
                if (!admin.TrySet(password))
                {
                    return Page<SignInPage>(context, StatusCodes.Status409Conflict, "Somebody else has set a password meanwhile.");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Page<SetupPage>(
                    context, StatusCodes.Status500InternalServerError, $"The password could not be kept: {e.Message} Name a directory that the service may write to as Dashboard:Directory.");
            }

            await SignInAsync(context, "the administrator's password was set");
            return Results.Redirect(SettingsPath);
        }).AllowAnonymous().RequireRateLimiting(SignInLimit.Policy);

        app.MapForm("/settings/sign-out", async (context, _) =>
        {
            await context.SignOutAsync();
            return Results.Redirect(SignInPath);
        });
    }

    private static Task SignInAsync(HttpContext context, string what)
    {
        Note(context, what);
        return context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, "administrator")], CookieAuthenticationDefaults.AuthenticationScheme)));
    }
}
