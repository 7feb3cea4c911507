using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace TfeBackup.Functions.Composition;

/// <summary>
/// Names the invocation that a line of the log belongs to as the host knows it. The worker's OpenTelemetry names it otherwise, and the host drops
/// what it cannot assign: the log stream and the console would show nothing of the app.
/// </summary>
internal sealed class InvocationScope(ILogger<InvocationScope> logger) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        using (logger.BeginScope(new KeyValuePair<string, object>[] { new("AzureFunctions_InvocationId", context.InvocationId) }))
        {
            await next(context);
        }
    }
}
