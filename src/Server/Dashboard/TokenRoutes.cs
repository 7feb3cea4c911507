using System.Globalization;
using TfeBackup.Server.Tokens;

namespace TfeBackup.Server.Dashboard;

/// <summary>The API token: shown, copied, replaced. It stands in no page that did not ask for it.</summary>
internal static class TokenRoutes
{
    /// <summary>How long the old token may stay valid, and what that is called.</summary>
    public static readonly IReadOnlyList<(TimeSpan Grace, string Name)> Graces =
    [
        (TimeSpan.FromHours(24), "for 24 hours"),
        (TimeSpan.FromHours(1), "for 1 hour"),
        (TimeSpan.FromDays(7), "for 7 days"),
        (TimeSpan.Zero, "not at all: it ends at once"),
    ];

    public static void Map(WebApplication app)
    {
        app.MapForm("/settings/token/show", async (context, form) =>
        {
            var token = context.RequestServices.GetRequiredService<ApiToken>().Value;
            var isCopy = form["copy"] == "true";
            DashboardRoutes.Note(context, isCopy ? "the API token was copied" : "the API token was shown");
            context.RequestServices.GetRequiredService<PageState>().Token = token;
            return isCopy ? Results.Text(token) : await DashboardRoutes.SettingsAsync(context);
        });
        app.MapForm("/settings/token/rotate", (context, form) => ChangeAsync(context, token =>
        {
            if (!int.TryParse(form["grace"], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= Graces.Count)
            {
                return "Choose how long the old token stays valid.";
            }

            token.Rotate(Graces[index].Grace);
            DashboardRoutes.Note(context, $"the API token was replaced; the old one is valid {Graces[index].Name}");
            return null;
        }));
        app.MapForm("/settings/token/end", (context, _) => ChangeAsync(context, token =>
        {
            token.EndFormer();
            DashboardRoutes.Note(context, "former API tokens were ended");
            return null;
        }));
    }

    private static async Task<IResult> ChangeAsync(HttpContext context, Func<ApiToken, string?> change)
    {
        string? error;
        try
        {
            var token = context.RequestServices.GetRequiredService<ApiToken>();
            error = token.CanRotate ? change(token) : "The token is Installation:Token. Change it there.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = $"The token could not be replaced, and is as it was: {e.Message}";
        }

        return error is null
            ? Results.Redirect($"{DashboardRoutes.SettingsPath}#token")
            : await DashboardRoutes.SettingsAsync(context, StatusCodes.Status400BadRequest, error);
    }
}
