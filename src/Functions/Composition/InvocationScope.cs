using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace TfeBackup.Functions.Composition;

/// <summary>
/// Names the invocation that a log line belongs to as the host and the portal know it; the worker's OpenTelemetry names it otherwise. Without the
/// host's name the log stream and the console show nothing of the app, without the portal's an invocation has no lines.
/// </summary>
internal sealed class InvocationScope(ILogger<InvocationScope> logger) : IFunctionsWorkerMiddleware
{
    /// <summary>The host's name of the id.</summary>
    public const string HostKey = "AzureFunctions_InvocationId";

    /// <summary>The portal's name of the id.</summary>
    public const string PortalKey = "InvocationId";

    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        using (logger.BeginScope(new KeyValuePair<string, object>[] { new(HostKey, context.InvocationId), new(PortalKey, context.InvocationId) }))
        {
            await next(context);
        }
    }
}
