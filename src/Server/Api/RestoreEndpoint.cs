using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using TfeBackup.Engine;
using TfeBackup.Server.Application;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Api;

/// <summary><c>POST /_backup/api/v1/restore</c>.</summary>
internal sealed class RestoreEndpoint(
    ApiOperation operation, OperationsUnderWay underWay, Installation installation, ServiceSettings settings, TimeProvider time, ILoggerFactory loggers)
{
    public Task HandleAsync(HttpContext context) => operation.RunAsync(context, "Restore", cancellation => RunAsync(context, cancellation));

    private async Task RunAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var working = underWay.Begin("restore");
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        await using var upload = await RestoreUpload.ReadAsync(context.Request, settings.SpoolDirectory, cancellationToken);
        var request = new RestoreRequest(upload.Config.Password, upload.Config.Flag("overwrite"));
        await new InstallationRestore(installation, time, loggers).RunAsync(upload.Snapshot, request, cancellationToken);
        context.Response.ContentLength = 0;
    }
}
