using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using TfeBackup.Engine;
using TfeBackup.Engine.Restores;
using TfeBackup.Server.History;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Api;

/// <summary>
/// <c>POST /_backup/api/v1/restore</c>. With the header <c>Operation-Id</c> the restore is remembered by that id: asked for again after its commit,
/// it is answered by 200 once all of it is there, and nothing is done.
/// </summary>
/// <remarks>
/// Once the whole upload has arrived, the restore no longer depends on the client: keys, indexes and objects can take longer than a proxy between the two
/// waits for an answer, and what it would cut off then is a restore that has everything it needs.
/// </remarks>
internal sealed class RestoreEndpoint(
    ApiOperation operation,
    OperationGate gate,
    OperationsUnderWay underWay,
    OperationHistory history,
    Installation installation,
    RecoveryService recovery,
    ServiceSettings settings,
    TimeProvider time,
    ILoggerFactory loggers)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<RestoreEndpoint>();

    public Task HandleAsync(HttpContext context)
    {
        var hasArrived = false;
        return operation.RunAsync(
            context,
            "Restore",
            cancellation => RunAsync(context, "API", config => config.Flag("overwrite"), () => Volatile.Write(ref hasArrived, true), cancellation),
            outlivesClient: () => Volatile.Read(ref hasArrived));
    }

    /// <summary>
    /// Answers a request of the dashboard, where <c>overwrite</c> in <c>config</c> is the installation's name, typed by whoever wants its data replaced.
    /// </summary>
    public Task UploadAsync(HttpContext context)
    {
        var hasArrived = false;
        return operation.RunTrustedAsync(
            context,
            "Restore",
            cancellation => RunAsync(context, "dashboard", IsConfirmed, () => Volatile.Write(ref hasArrived, true), cancellation),
            outlivesClient: () => Volatile.Read(ref hasArrived));
    }

    private bool IsConfirmed(RequestDocument config) => config.Text("overwrite") is { Length: > 0 } typed
        && (typed == installation.Name ? true : throw new ApiException($"What was typed is not the installation's name, '{installation.Name}'. Nothing was changed."));

    private async Task RunAsync(
        HttpContext context, string by, Func<RequestDocument, bool> overwrites, Action arrived, CancellationToken cancellationToken)
    {
        var id = OperationId.Read(context.Request);
        if (id is not null)
        {
            OperationId.Confirm(context.Response, id);
        }

        if (id is not null && await IsDoneAsync(id, cancellationToken))
        {
            ServerLog.DoneBefore(_logger, id);
            await operation.AcceptUnreadAsync(context);
            return;
        }

        using var working = underWay.Begin("restore");
        using var place = await gate.EnterAsync(cancellationToken);
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            // The engine reads at its own pace; what a silent client may do is up to the stream.
            rate.MinDataRate = null;
        }

        await history.RecordAsync(working, by, async () =>
        {
            var body = working.Follow(new ClientStream(context.Request.Body, settings.IdleLimit, time));
            await using var upload = await RestoreUpload.ReadAsync(context.Request, body, settings.SpoolDirectory, Arrived, cancellationToken);
            var request = new RestoreRequest(upload.Config.Password, overwrites(upload.Config))
            {
                NotValid = upload.Config.Names("not_valid"),
                OperationId = id,
                MaxWorkFactor = settings.MaxWorkFactor,
            };
            upload.Config.RequireNothingElse();
            try
            {
                await new InstallationRestore(installation, time, loggers).RunAsync(upload.Snapshot, request, cancellationToken);
            }
            finally
            {
                // Whatever is left must not wait; and what was left before and is not any more must not be said to be.
                recovery.Trigger();
            }
        });
        context.Response.ContentLength = 0;

        void Arrived()
        {
            arrived();
            ServerLog.UploadArrived(_logger);
        }
    }

    /// <summary>True if an earlier request did it; waits while its objects are being put in place.</summary>
    private async Task<bool> IsDoneAsync(string id, CancellationToken cancellationToken)
    {
        var ledger = new RestoreLedger(installation);
        while (true)
        {
            switch (await ledger.FindAsync(id, cancellationToken))
            {
                case { State: RestoreState.Restored }:
                    return true;
                case { State: RestoreState.Running }:
                    throw new EngineException(
                        EngineError.Busy, $"The restore {id} is in progress. Follow it at GET {RestoreStatusEndpoint.Path}/{id}.");
                case { State: RestoreState.Committed }:
                    recovery.Trigger();
                    if (recovery.Pending is { } reason)
                    {
                        throw new EngineException(
                            EngineError.Unavailable,
                            $"The restore {id} is committed, but not all of its objects could be put in place: {reason} The service retries until they are. Do not start the application before.");
                    }

                    await Task.Delay(Pause, time, cancellationToken);
                    break;
                default:
                    return false;
            }
        }
    }
}
