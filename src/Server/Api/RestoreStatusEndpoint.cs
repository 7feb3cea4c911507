using TfeBackup.Engine;
using TfeBackup.Engine.Restores;

namespace TfeBackup.Server.Api;

/// <summary>
/// <c>GET /_backup/api/v1/restores/{id}</c>: what became of the restore that was asked for with the header <c>Operation-Id: {id}</c>, as any node of
/// the cluster answers it. The last 20 are remembered.
/// </summary>
internal sealed class RestoreStatusEndpoint(ApiOperation operation, Installation installation)
{
    public const string Path = "/_backup/api/v1/restores";

    public Task HandleAsync(HttpContext context, string id) => operation.RunAsync(
        context,
        "Restore status",
        async cancellation =>
        {
            var status = await new RestoreLedger(installation).FindAsync(OperationId.Check(id), cancellation);
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsJsonAsync(
                new RestoreReport(status.Id, status.State.ToString().ToLowerInvariant(), status.Detail),
                ApiJson.Readable.RestoreReport,
                contentType: null,
                cancellation);
        },
        alwaysExplains: true);
}
