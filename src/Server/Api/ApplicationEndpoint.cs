using Npgsql;
using TfeBackup.Engine;
using TfeBackup.Server.Application;
using TfeBackup.Server.History;

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
    ApiOperation operation,
    OperationsUnderWay underWay,
    Installation installation,
    TimeProvider time,
    ILogger<ApplicationEndpoint> logger,
    ApplicationSupervisor? supervisor = null)
{
    /// <summary>The endpoint's path.</summary>
    public const string Path = "/_backup/api/v1/application";

    // The application may have taken the database along when it was stopped, and has to start all the same.
    private static readonly TimeSpan DatabaseTimeout = TimeSpan.FromSeconds(5);

    // How long a poll is worth waiting for.
    private const int RetryAfterSeconds = 2;

    private const string DrainHint = "With Kind Command, set Drain; with Kind DockerCompose, set Service.";

    public Task ShowAsync(HttpContext context) => operation.RunAsync(
        context,
        "Application",
        async cancellationToken =>
        {
            var report = await RequireSupervisor().GetReportAsync(cancellationToken);
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsJsonAsync(report, ApiJson.Readable.ApplicationReport, contentType: null, cancellationToken);
        },
        alwaysExplains: true);

    public Task RequestAsync(HttpContext context, ApplicationAction action) => operation.RunAsync(
        context,
        $"Application {action.Name()}",
        async cancellationToken =>
        {
            var request = await RequestAsync(action, IsForced(context.Request), "add ?force=true", cancellationToken);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.Headers.Location = Path;
            context.Response.Headers.RetryAfter = $"{RetryAfterSeconds}";
            await context.Response.WriteAsJsonAsync(request, ApiJson.Readable.ApplicationRequest, contentType: null, cancellationToken);
        },
        alwaysExplains: true);

    /// <summary>Asks for an action unless something works on the installation that it could break.</summary>
    /// <param name="action">The action.</param>
    /// <param name="isForced">Whether to ask for it all the same.</param>
    /// <param name="how">How to ask for it all the same, for the refusal.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<ApplicationRequest> RequestAsync(ApplicationAction action, bool isForced, string how, CancellationToken cancellationToken)
    {
        var applications = RequireSupervisor();
        if (!applications.Can(action))
        {
            throw new ApiException($"The application cannot be drained: there is no command for it in Installation:Application. {DrainHint}") { Kind = nameof(EngineError.Unsupported) };
        }

        await RefuseWhileWorkingAsync(action, isForced, how, cancellationToken);
        return applications.Request(action);
    }

    private ApplicationSupervisor RequireSupervisor() => supervisor ?? throw new ApiException(
        "This service does not control the application: Installation:Application is not set. Set its Kind to the application's runtime, and that kind's settings.")
    {
        Status = StatusCodes.Status404NotFound,
        Kind = "NotConfigured",
    };

    /// <summary>
    /// A stop can take the database with it that a backup reads or a restore fills; a start would run into a restore's locks. What neither can
    /// hurt is not refused.
    /// </summary>
    private async Task RefuseWhileWorkingAsync(ApplicationAction action, bool isForced, string how, CancellationToken cancellationToken)
    {
        if (action == ApplicationAction.Drain || await FindWorkAsync(action == ApplicationAction.Stop, cancellationToken) is not var (name, found))
        {
            return;
        }

        if (isForced)
        {
            ServerLog.ControlForced(logger, action.Name(), name);
            return;
        }

        throw new EngineException(
            EngineError.Busy, $"{found}, and a {action.Name()} of the application may break it. Wait until it has ended, or {how}.");
    }

    /// <summary>A restore, or where they count a backup, that works on the installation: here, or on another node.</summary>
    private async Task<(string Name, string Found)?> FindWorkAsync(bool withBackups, CancellationToken cancellationToken)
    {
        if (underWay.Current.FirstOrDefault(work => withBackups || work.Name == "restore") is { } work)
        {
            return (work.Name, $"A {work.Name} has been in progress since {work.Since:O}");
        }

        using var timeout = new CancellationTokenSource(DatabaseTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await InstallationLock.FindUseAsync(installation.DataSource, ending.Token) switch
            {
                InstallationUse.Restore => ("restore", "A restore is in progress on another node of this service"),
                InstallationUse.Backup when withBackups => ("backup", "A backup is in progress on another node of this service"),
                _ => null,
            };
        }
        catch (Exception e) when (e is NpgsqlException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            ServerLog.UseUnknown(logger, e.Message);
            return null;
        }
    }

    private static bool IsForced(HttpRequest request)
    {
        var text = request.Query["force"].ToString();
        return text.Length > 0 && (bool.TryParse(text, out var force)
            ? force
            : throw new ApiException($"The query's force is {RequestText.Name(text)}. Expected true or false."));
    }
}
