using Microsoft.AspNetCore.Http.Features;
using TfeBackup.Engine;
using TfeBackup.Server.History;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Api;

/// <summary><c>POST /_backup/api/v1/backup</c>.</summary>
internal sealed class BackupEndpoint(
    ApiOperation operation,
    OperationGate gate,
    OperationsUnderWay underWay,
    OperationHistory history,
    Installation installation,
    ServiceSettings settings,
    TimeProvider time,
    ILoggerFactory loggers)
{
    public Task HandleAsync(HttpContext context) => operation.RunAsync(
        context,
        "Backup",
        async cancellationToken =>
        {
            using var working = underWay.Begin("backup");
            RequireEndedAnswers(context.Request);

            // The documented curl call labels its JSON as a form; so what counts is the body, not its label.
            var document = await RequestDocument.ReadAsync(context.Request.Body, "the request's body", cancellationToken);
            var request = new BackupRequest(document.Password, document.Flag("skip_object_storage"));
            document.RequireNothingElse();
            await WriteAsync(context, working, request, "API", cancellationToken);
        });

    /// <summary>Answers a request of the dashboard by a backup, to be saved as a file.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">The backup.</param>
    /// <param name="answer">Answers a failure before the first byte.</param>
    public Task DownloadAsync(HttpContext context, BackupRequest request, Func<Failure, Task> answer) => operation.RunTrustedAsync(
        context,
        "Backup",
        async cancellationToken =>
        {
            using var working = underWay.Begin("backup");
            RequireEndedAnswers(context.Request);
            await WriteAsync(context, working, request, "dashboard", cancellationToken);
        },
        answer);

    private async Task WriteAsync(
        HttpContext context, RunningOperation working, BackupRequest request, string by, CancellationToken cancellationToken)
    {
        using var place = await gate.EnterAsync(cancellationToken);
        await history.RecordAsync(working, by, async () =>
        {
            await using var backup = await InstallationBackup.PrepareAsync(
                installation, request with { WorkFactor = settings.WorkFactor }, time, loggers, cancellationToken);

            context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
            context.Response.ContentType = "application/octet-stream";
            if (by == "dashboard")
            {
                context.Response.Headers.ContentDisposition = $"attachment; filename=\"{FileName(backup.Info.Created)}\"";
            }

            await backup.WriteAsync(working.Follow(new ClientStream(context.Response.Body, settings.IdleLimit, time)), cancellationToken);
        });
    }

    private string FileName(DateTimeOffset created) =>
        string.Concat(installation.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'))
        + created.ToString("-yyyyMMdd-HHmmss", System.Globalization.CultureInfo.InvariantCulture) + ".blob";

    private static void RequireEndedAnswers(HttpRequest request)
    {
        if (HttpProtocol.IsHttp10(request.Protocol) || HttpProtocol.IsHttp09(request.Protocol))
        {
            // Before 1.1 the end of a connection is the end of the answer: a client could not tell a backup from a part of one.
            throw new ApiException("A backup needs HTTP/1.1 or later. Behind nginx, set 'proxy_http_version 1.1'.");
        }
    }
}
