namespace TfeBackup.Server.Dashboard;

/// <summary>Style, script and icon: part of the assembly, and all that pages load.</summary>
internal static class DashboardAssets
{
    public static void Map(WebApplication app)
    {
        foreach (var (name, type) in new[] { ("dashboard.css", "text/css"), ("dashboard.js", "text/javascript"), ("icon.svg", "image/svg+xml") })
        {
            using var resource = typeof(DashboardAssets).Assembly.GetManifestResourceStream(name)!;
            var content = new byte[resource.Length];
            resource.ReadExactly(content);
            app.MapGet($"{DashboardRoutes.SettingsPath}/{name}", () => Results.Bytes(content, type)).AllowAnonymous();
        }
    }
}
