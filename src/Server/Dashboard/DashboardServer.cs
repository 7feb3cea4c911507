using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using TfeBackup.Engine;
using TfeBackup.Server.Api;
using TfeBackup.Server.Application;
using TfeBackup.Server.History;
using TfeBackup.Server.Settings;
using TfeBackup.Server.Tokens;

namespace TfeBackup.Server.Dashboard;

/// <summary>
/// The settings dashboard: a web application of its own, with a listener of its own, over the service's parts. Nothing of it can be reached through the API's listener,
/// and nothing of the API through its own.
/// </summary>
internal static class DashboardServer
{
    private const string Path = "/settings";
    private static readonly TimeSpan SessionLife = TimeSpan.FromHours(1);

    /// <summary>Starts the dashboard.</summary>
    /// <param name="service">The service's parts.</param>
    /// <param name="configuration">The service's settings, for the certificate.</param>
    /// <returns>The dashboard; null where there is to be none, or where nobody asked for it and it cannot listen.</returns>
    /// <exception cref="SettingsException">It cannot listen where the settings say.</exception>
    public static async Task<WebApplication?> StartAsync(IServiceProvider service, IConfiguration configuration)
    {
        var settings = service.GetRequiredService<ServiceSettings>().Dashboard;
        var logger = service.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(DashboardServer).FullName!);
        if (settings.Urls.Count == 0)
        {
            return null;
        }

        if (settings.StatePath is not { } statePath)
        {
            ServerLog.DashboardAbsent(logger, "with Installation:Token it needs a directory for its administrator's password, Dashboard:Directory.");
            return null;
        }

        var app = Build(service, configuration, settings.Urls, statePath);
        try
        {
            await app.StartAsync();
        }
        catch (Exception e) when (ListeningFailure.Explain(e, configuration, "Dashboard:Urls", string.Join(';', settings.Urls)) is { } reason)
        {
            await app.DisposeAsync();
            if (settings.IsChosen)
            {
                throw new SettingsException([reason]);
            }

            ServerLog.DashboardAbsent(logger, reason);
            return null;
        }

        Announce(app, logger);
        return app;
    }

    private static WebApplication Build(IServiceProvider service, IConfiguration configuration, IReadOnlyList<string> urls, string statePath)
    {
        // Only the certificates: with all settings it would listen where the API does.
        var kestrel = new ConfigurationBuilder().AddInMemoryCollection(configuration.GetSection("Kestrel:Certificates").AsEnumerable()).Build();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseUrls([.. urls]).UseKestrel(options =>
        {
            ServerDefaults.Apply(options, configuration);
            options.Limits.MaxRequestBodySize = 1 << 20;
            options.Configure(kestrel.GetSection("Kestrel"));
        });

        var services = builder.Services;
        services.AddRouting();
        services.AddRazorComponents();

        // Sessions end with the process, so no key of theirs has to be kept.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
        {
            Restrict(options.Cookie, "tfe-backup");
            options.ExpireTimeSpan = SessionLife;
            options.LoginPath = DashboardRoutes.SignInPath;
            options.Events.OnRedirectToLogin = context =>
            {
                if (HttpMethods.IsGet(context.Request.Method))
                {
                    context.Response.Redirect(DashboardRoutes.SignInPath);
                }
                else
                {
                    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                }

                return Task.CompletedTask;
            };
        });
        services.AddAuthorizationBuilder().SetFallbackPolicy(new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddAntiforgery(options =>
        {
            Restrict(options.Cookie, "tfe-backup-form");
            options.HeaderName = "RequestVerificationToken";
            options.SuppressXFrameOptionsHeader = true;
        });
        services.AddRateLimiter(SignInLimit.Apply);

        services
            .AddSingleton(service.GetRequiredService<ILoggerFactory>())
            .AddSingleton<IHostLifetime, NoLifetime>()
            .AddSingleton(service.GetRequiredService<TimeProvider>())
            .AddSingleton(service.GetRequiredService<ServiceSettings>())
            .AddSingleton(service.GetRequiredService<ApiToken>())
            .AddSingleton(service.GetRequiredService<Installation>())
            .AddSingleton(new AdminPassword(statePath, service.GetRequiredService<TimeProvider>()))
            .AddSingleton(service.GetRequiredService<HealthEndpoint>())
            .AddSingleton(service.GetRequiredService<ApplicationEndpoint>())
            .AddSingleton(service.GetRequiredService<BackupEndpoint>())
            .AddSingleton(service.GetRequiredService<RestoreEndpoint>())
            .AddSingleton(service.GetRequiredService<OperationsUnderWay>())
            .AddSingleton(service.GetRequiredService<OperationHistory>())
            .AddHttpContextAccessor()
            .AddScoped<PageState>()
            .AddScoped<SettingsOverview>();
        if (service.GetService<ApplicationSupervisor>() is { } supervisor)
        {
            services.AddSingleton(supervisor);
        }

        var app = builder.Build();
        app.UseMiddleware<PageDefence>();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();
        DashboardRoutes.Map(app);
        return app;
    }

    // Cookies know no ports: whatever else this host serves gets those whose path fits.
    private static void Restrict(CookieBuilder cookie, string name)
    {
        cookie.Name = name;
        cookie.Path = Path;
        cookie.HttpOnly = true;
        cookie.SameSite = SameSiteMode.Strict;
        cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.IsEssential = true;
    }

    private static void Announce(WebApplication app, ILogger logger)
    {
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var address = BindingAddress.Parse(url);
        var host = address.Host is "*" or "+" or "[::]" or "0.0.0.0" ? Environment.MachineName : address.Host;
        var link = $"{address.Scheme}://{host}:{address.Port}{Path}";
        if (app.Services.GetRequiredService<AdminPassword>() is { IsSet: false } password)
        {
            ServerLog.DashboardSetup(logger, (int)AdminPassword.CodeLife.TotalMinutes, $"{link}/setup?code={password.Code}");
        }

        ServerLog.DashboardListens(logger, link);
    }

    /// <summary>Signals are the service's to answer, which ends this application, too.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
