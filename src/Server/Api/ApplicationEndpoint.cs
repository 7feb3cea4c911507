using TfeBackup.Engine;
using TfeBackup.Server.Application;

namespace TfeBackup.Server.Api;

/// <summary>
/// <c>GET /_backup/api/v1/application</c>, and <c>POST …/stop</c>, <c>…/start</c> and <c>…/drain</c> below it.
/// </summary>
/// <remarks>
/// A POST is answered at once, with 202 and the request's id: the command goes on whether or not the connection lasts, and the GET says what becomes of
/// it. A client that lost the answer asks again; while the action is under way that is the same one, and afterwards it does nothing
/// new, since stopping what is stopped and starting what runs succeed.
/// </remarks>
internal sealed class ApplicationEndpoint(
    ApiOperation operation, OperationsUnderWay underWay, ILogger<ApplicationEndpoint> logger, ApplicationSupervisor? supervisor = null)
{
    /// <summary>Where it answers.</summary>
    public const string Path = "/_backup/api/v1/application";

    // How long a poll is worth waiting for.
    private const int RetryAfterSeconds = 2;

    private const string DrainHint = "Of Kind Command it is Drain; Kind DockerCompose needs Service.";

    public Task ShowAsync(HttpContext context) => operation.RunAsync(
        context,
        "Application",
        async cancellationToken =>
        {
            var report = await RequireSupervisor().LookAsync(cancellationToken);
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsJsonAsync(report, ApiJson.Readable.ApplicationReport, contentType: null, cancellationToken);
        },
        alwaysExplains: true);

    public Task RequestAsync(HttpContext context, ApplicationAction action) => operation.RunAsync(
        context,
        $"Application {action.Name()}",
        cancellationToken =>
        {
            var applications = RequireSupervisor();
            if (!applications.Can(action))
            {
                throw new ApiException($"The application cannot be drained: there is no command for it in Installation:Application. {DrainHint}") { Kind = nameof(EngineError.Unsupported) };
            }

            RefuseWhileWorking(action, IsForced(context.Request));
            var request = applications.Request(action);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.Headers.Location = Path;
            context.Response.Headers.RetryAfter = $"{RetryAfterSeconds}";
            return context.Response.WriteAsJsonAsync(request, ApiJson.Readable.ApplicationRequest, contentType: null, cancellationToken);
        },
        alwaysExplains: true);

    private ApplicationSupervisor RequireSupervisor() => supervisor ?? throw new ApiException(
        "This service does not control the application: Installation:Application is not set. Give it the Kind of the application's runtime, and that kind's settings.")
    {
        Status = StatusCodes.Status404NotFound,
        Kind = "NotConfigured",
    };

    /// <summary>
    /// A stop can take the database with it that a backup reads or a restore fills; a start would run into a restore's locks. What neither can
    /// hurt is not refused.
    /// </summary>
    private void RefuseWhileWorking(ApplicationAction action, bool isForced)
    {
        var inTheWay = underWay.Current.Where(work => action switch
        {
            ApplicationAction.Stop => true,
            ApplicationAction.Start => work.Name == "restore",
            _ => false,
        }).ToList();
        if (inTheWay.Count == 0)
        {
            return;
        }

        var (name, since) = inTheWay[0];
        if (isForced)
        {
            ServerLog.ControlForced(logger, action.Name(), name);
            return;
        }

        throw new EngineException(
            EngineError.Busy,
            $"A {name} has been under way since {since:O}, and a {action.Name()} of the application may break it. Wait for its end, or add ?force=true.");
    }

    private static bool IsForced(HttpRequest request)
    {
        var text = request.Query["force"].ToString();
        return text.Length > 0 && (bool.TryParse(text, out var force)
            ? force
            : throw new ApiException($"The query's force is '{text}'. Expected true or false."));
    }
}
