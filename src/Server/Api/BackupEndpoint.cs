using Microsoft.AspNetCore.Http.Features;
using TfeBackup.Engine;
using TfeBackup.Server.Application;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Api;

/// <summary><c>POST /_backup/api/v1/backup</c>.</summary>
internal sealed class BackupEndpoint(
    ApiOperation operation, OperationGate gate, OperationsUnderWay underWay, Installation installation, ServiceSettings settings, TimeProvider time, ILoggerFactory loggers)
{
    public Task HandleAsync(HttpContext context) => operation.RunAsync(context, "Backup", cancellation => RunAsync(context, cancellation));

    private async Task RunAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var working = underWay.Begin("backup");
        if (HttpProtocol.IsHttp10(context.Request.Protocol) || HttpProtocol.IsHttp09(context.Request.Protocol))
        {
            // Before 1.1 the end of a connection is the end of the answer: a client could not tell a backup from a part of one.
            throw new ApiException("A backup needs HTTP/1.1 or later. Behind nginx, set 'proxy_http_version 1.1'.");
        }

        // The documented curl call labels its JSON as a form; so what counts is the body, not its label.
        var document = await RequestDocument.ReadAsync(context.Request.Body, "the request's body", cancellationToken);
        var request = new BackupRequest(document.Password, document.Flag("skip_object_storage"));
        document.RequireNothingElse();

        using var place = await gate.EnterAsync(cancellationToken);
        await using var backup = await InstallationBackup.PrepareAsync(installation, request, time, loggers, cancellationToken);

        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        context.Response.ContentType = "application/octet-stream";
        await backup.WriteAsync(new ClientStream(context.Response.Body, settings.IdleLimit, time), cancellationToken);
    }
}
