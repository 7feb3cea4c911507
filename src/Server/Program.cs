using Azure.Identity;
using Microsoft.AspNetCore.Connections;
using TfeBackup.Engine;
using TfeBackup.Engine.Settings;
using TfeBackup.Server;
using TfeBackup.Server.Api;
using TfeBackup.Server.Application;
using TfeBackup.Server.Dashboard;
using TfeBackup.Server.History;
using TfeBackup.Server.Settings;
using TfeBackup.Server.Tokens;

var builder = WebApplication.CreateBuilder(args);
ServerDefaults.AddTo(builder.Configuration);
builder.WebHost.ConfigureKestrel(options => ServerDefaults.Apply(options, builder.Configuration));

// Until then the host logs a stack trace for what is said in one line below.
var started = false;
builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", _ => started);

try
{
    var settings = SettingsReader.Read(builder.Configuration);
    builder.Services
        .AddSingleton(settings)
        .AddSingleton(TimeProvider.System)
        .AddSingleton<IMemoryPoolFactory<byte>, BodyMemory.Factory>()
        .AddSingleton(services => ApiToken.Load(settings, TimeProvider.System, services.GetRequiredService<ILogger<ApiToken>>()))
        .AddSingleton(services => new InstallationFactory(
            () => new DefaultAzureCredential(),
            TimeProvider.System,
            services.GetRequiredService<ILoggerFactory>()).Create(settings.Installation))
        .AddSingleton<OperationsUnderWay>()
        .AddSingleton<OperationHistory>()
        .AddSingleton<FailedTokens>()
        .AddSingleton<OperationGate>()
        .AddSingleton<ApiOperation>()
        .AddSingleton<BackupEndpoint>()
        .AddSingleton<RestoreEndpoint>()
        .AddSingleton<HealthEndpoint>()
        .AddSingleton<ApplicationEndpoint>()
        .AddSingleton<RestoreStatusEndpoint>()
        .AddSingleton<RecoveryService>()
        .AddHostedService(services => services.GetRequiredService<RecoveryService>());
    if (settings.Application is { } application)
    {
        builder.Services
            .AddSingleton(services => new ApplicationSupervisor(
                application, TimeProvider.System, services.GetRequiredService<ILogger<ApplicationSupervisor>>()))
            .AddHostedService(services => services.GetRequiredService<ApplicationSupervisor>());
    }

    var app = builder.Build();

    // Built before the first request, so that a setting that is wrong stops the start and not the first backup.
    app.Services.GetRequiredService<ApiToken>();
    app.Services.GetRequiredService<Installation>();
    RestoreUpload.DeleteLeftovers(settings.SpoolDirectory, app.Services.GetRequiredService<ILogger<RestoreEndpoint>>());

    app.MapPost("/_backup/api/v1/backup", (HttpContext context, BackupEndpoint endpoint) => endpoint.HandleAsync(context));
    app.MapPost("/_backup/api/v1/restore", (HttpContext context, RestoreEndpoint endpoint) => endpoint.HandleAsync(context));
    app.MapGet(
        "/_backup/api/v1/restores/{id}", (HttpContext context, string id, RestoreStatusEndpoint endpoint) => endpoint.HandleAsync(context, id));
    app.MapGet("/_backup/api/v1/health", (HttpContext context, HealthEndpoint endpoint) => endpoint.HandleAsync(context));

    app.MapGet(ApplicationEndpoint.Path, (HttpContext context, ApplicationEndpoint endpoint) => endpoint.ShowAsync(context));
    foreach (var action in Enum.GetValues<ApplicationAction>())
    {
        app.MapPost(
            $"{ApplicationEndpoint.Path}/{action.Name()}", (HttpContext context, ApplicationEndpoint endpoint) => endpoint.RequestAsync(context, action));
    }

    await app.StartAsync();
    await using var dashboard = await DashboardServer.StartAsync(app.Services, app.Configuration);
    started = true;
    await app.WaitForShutdownAsync();
    await (dashboard?.StopAsync() ?? Task.CompletedTask);
    return 0;
}
catch (Exception e) when (e is SettingsException or EngineException { Error: EngineError.InvalidRequest })
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
catch (Exception e) when (ListeningFailure.Explain(e, builder.Configuration) is { } reason)
{
    await Console.Error.WriteLineAsync(reason);
    return 2;
}
