using System.Buffers;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace TfeBackup.Server.Api;

/// <summary>What everything that needs the token has in common: the token, and how failures are answered.</summary>
internal sealed class ApiOperation(ApiToken token, IHostApplicationLifetime lifetime, ILogger<ApiOperation> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs an operation for an authorized request and answers its failure.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The operation's name, for the log.</param>
    /// <param name="run">The operation; its token ends it when the client goes away or the service stops.</param>
    /// <param name="alwaysExplains">
    /// Whether failures have a body whatever the client accepts; where the API is the documented one, they have one only for clients that ask for it.
    /// </param>
    public async Task RunAsync(HttpContext context, string name, Func<CancellationToken, Task> run, bool alwaysExplains = false)
    {
        if (!token.Matches(context.Request.Headers.Authorization))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await AnswerAsync(context, name, new Failure(StatusCodes.Status401Unauthorized, "Unauthorized", "The bearer token is missing or not this installation's."), alwaysExplains);
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await run(ending.Token);
        }
        catch (Exception) when (ending.IsCancellationRequested)
        {
            // Nobody is left to answer, or no time. What the operation held is undone by now.
            ServerLog.GivenUp(logger, name);
            context.Abort();
        }
        catch (Exception e) when (context.Response.HasStarted)
        {
            // Closing without the last chunk is the only way left to say that this is no backup.
            ServerLog.Aborted(logger, e, name, Failure.From(e).Reason);
            context.Abort();
        }
        catch (Exception e)
        {
            var failure = Failure.From(e);
            if (failure.Status >= StatusCodes.Status500InternalServerError)
            {
                ServerLog.Failed(logger, e, name, failure.Reason);
            }

            await AnswerAsync(context, name, failure, alwaysExplains);
        }
    }

    private async Task AnswerAsync(HttpContext context, string name, Failure failure, bool alwaysExplains)
    {
        ServerLog.Refused(logger, name, failure.Status, failure.Reason);
        context.Response.StatusCode = failure.Status;
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            // The request may not have been read to its end, so nothing can follow it on this connection.
            context.Response.Headers.Connection = "close";
        }

        if (alwaysExplains || WantsProblem(context.Request))
        {
            var problem = new ProblemDetails { Status = failure.Status, Title = $"{name} failed", Detail = failure.Reason };
            problem.Extensions["error"] = failure.Kind;
            await context.Response.WriteAsJsonAsync(
                problem, ApiJson.Readable.ProblemDetails, "application/problem+json", CancellationToken.None);
        }
        else
        {
            context.Response.ContentLength = 0;
        }

        await context.Response.CompleteAsync();
        await DrainAsync(context);
    }

    /// <summary>
    /// Reads what is left of the request for a while. A client that sends gigabytes may look for the answer only when it has
    /// sent them all, and closing the connection before that would destroy the answer on its way.
    /// </summary>
    private async Task DrainAsync(HttpContext context)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        patience.CancelAfter(Patience);
        var scratch = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            while (await context.Request.Body.ReadAsync(scratch, patience.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client has gone, with or without the answer, or takes too long.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Failures carry no body, as documented, unless the client says that it understands RFC 9457.</summary>
    private static bool WantsProblem(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) &&
        accepted.Any(type => type.MediaType.Equals("application/problem+json", StringComparison.OrdinalIgnoreCase));
}
