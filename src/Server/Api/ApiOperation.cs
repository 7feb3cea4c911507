using System.Buffers;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using TfeBackup.Server.Tokens;

namespace TfeBackup.Server.Api;

/// <summary>The steps that every endpoint behind the token shares: checking the token and answering failures.</summary>
internal sealed class ApiOperation(
    ApiToken token, FailedTokens failedTokens, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ApiOperation> logger)
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Runs an operation for an authorized request and answers its failure.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The operation's name, for the log.</param>
    /// <param name="run">The operation; its token ends it when the client goes away or the service stops.</param>
    /// <param name="alwaysExplains">
    /// Whether failures have a body whatever the client accepts; where the API is the documented one, they have one only for clients that ask for it.
    /// </param>
    /// <param name="outlivesClient">Asked when the client goes away: whether the operation goes on without it. Null for never.</param>
    public async Task RunAsync(
        HttpContext context, string name, Func<CancellationToken, Task> run, bool alwaysExplains = false, Func<bool>? outlivesClient = null)
    {
        if (token.Matches(context.Request.Headers.Authorization))
        {
            await RunTrustedAsync(context, name, run, failure => AnswerAsync(context, name, failure, alwaysExplains), outlivesClient);
        }
        else
        {
            await RefuseAsync(context, name, alwaysExplains);
        }
    }

    /// <summary>Runs an operation for a request that was authorized by other means than the token.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The operation's name, for the log.</param>
    /// <param name="run">The operation; its token ends it when the client goes away or the service stops.</param>
    /// <param name="answer">Answers a failure; null for problem details.</param>
    /// <param name="outlivesClient">Asked when the client goes away: whether the operation goes on without it. Null for never.</param>
    public async Task RunTrustedAsync(
        HttpContext context, string name, Func<CancellationToken, Task> run, Func<Failure, Task>? answer = null, Func<bool>? outlivesClient = null)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        await using var leaving = context.RequestAborted.Register(() =>
        {
            if (outlivesClient?.Invoke() == true)
            {
                ServerLog.GoesOnAlone(logger, name);
            }
            else
            {
                ending.Cancel();
            }
        });
        try
        {
            await run(ending.Token);
        }
        catch (Exception e) when (ending.IsCancellationRequested && e is not ApiException)
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

            ServerLog.Refused(logger, name, failure.Status, failure.Reason);
            await (answer?.Invoke(failure) ?? AnswerAsync(context, name, failure, alwaysExplains: true));
            await DrainAsync(new ClientStream(context.Request.Body, DrainTimeout, time), context.RequestAborted);
        }
    }

    /// <summary>Answers 200 without having read the request: a client that waits for leave to send need not send.</summary>
    public async Task AcceptUnreadAsync(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        context.Response.ContentLength = 0;
        await context.Response.CompleteAsync();
        await DrainAsync(new ClientStream(context.Request.Body, DrainTimeout, time), context.RequestAborted);
    }

    /// <summary>A stranger is answered, but gets little of this service's time.</summary>
    private async Task RefuseAsync(HttpContext context, string name, bool alwaysExplains)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        if (context.Request.Headers.Authorization.Count > 0 && !failedTokens.Count(context.Connection.RemoteIpAddress))
        {
            await AnswerAsync(
                context, name, new Failure(StatusCodes.Status429TooManyRequests, "Unauthorized", "Too many wrong tokens from this address. Try again later."), alwaysExplains);
            return;
        }

        var failure = new Failure(StatusCodes.Status401Unauthorized, "Unauthorized", "The bearer token is missing or is not that of this installation.");
        ServerLog.Refused(logger, name, failure.Status, failure.Reason);
        await AnswerAsync(context, name, failure, alwaysExplains);
        using var timeout = new CancellationTokenSource(DrainTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeout.Token);
        await DrainAsync(context.Request.Body, ending.Token);
    }

    private static async Task AnswerAsync(HttpContext context, string name, Failure failure, bool alwaysExplains)
    {
        context.Response.StatusCode = failure.Status;
        if (failure.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = $"{FailedTokens.Window.TotalSeconds:F0}";
        }

        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            // The request may not have been read to its end, so nothing can follow it on this connection.
            context.Response.Headers.Connection = "close";
        }

        if (alwaysExplains || AcceptsProblem(context.Request))
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
    }

    /// <summary>
    /// Reads what is left of the request. A client that sends gigabytes may look for the answer only when it has sent them all, and closing the
    /// connection before that would destroy the answer on its way.
    /// </summary>
    private async Task DrainAsync(Stream body, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var scratch = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            while (await body.ReadAsync(scratch, ending.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ApiException)
        {
            // The client has gone, with or without the answer, or takes too long.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Failures have no body, as documented, unless the client accepts RFC 9457 problem details.</summary>
    private static bool AcceptsProblem(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) &&
        accepted.Any(type => type.MediaType.Equals("application/problem+json", StringComparison.OrdinalIgnoreCase));
}
