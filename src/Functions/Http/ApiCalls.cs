using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TfeBackup.Functions.Composition;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Http;

/// <summary>The part shared by all calls of the API.</summary>
internal sealed partial class ApiCalls(IServiceProvider services, DurableClients clients, ILogger<ApiCalls> logger)
{
    // Requests hold a handful of names at most.
    private const int LargestBody = 64 * 1024;

    /// <summary>Answers a call; a failure becomes problem details.</summary>
    /// <param name="client">The task hub's client; null where the call needs none.</param>
    /// <param name="call">Makes the answer of what it asks for; wrong settings are told when it does.</param>
    public async Task<IResult> AnswerAsync(DurableTaskClient? client, Func<IServiceProvider, Task<IResult>> call)
    {
        try
        {
            if (client is not null)
            {
                clients.Remember(client);
            }

            return await call(services);
        }
        catch (OperationException e)
        {
            return ApiResults.Problem(e);
        }
#pragma warning disable CA1031 // What nobody foresaw is logged here and not shown to callers.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Failed(logger, e.GetType().Name, e.Message);
            return ApiResults.Problem(new OperationException(
                OperationError.Internal, "The call failed unexpectedly; the app's log (event 2302) has the reason."));
        }
    }

    /// <summary>An operation.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>.</exception>
    public static Task<OperationInstance> FindAsync(IServiceProvider services, string id, CancellationToken cancellationToken) =>
        services.GetRequiredService<OperationQueries>().GetAsync(id, cancellationToken);

    /// <summary>Reads a request's JSON.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidRequest"/>: it is none, or not what was expected.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (request.ContentLength > LargestBody)
        {
            throw new OperationException(OperationError.InvalidRequest, $"The request body is larger than {LargestBody} bytes.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancellationToken)
                ?? throw new OperationException(OperationError.InvalidRequest, "The request body is null; expected a JSON object.");
        }
        catch (UnknownChoiceException e)
        {
            throw new OperationException(OperationError.InvalidRequest, $"The request body is wrong at {e.Path}: expected {e.Expected}.");
        }
        catch (JsonException e)
        {
            throw new OperationException(
                OperationError.InvalidRequest, $"The request body is not what /api/openapi.json describes, at {e.Path ?? "$"} (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
        }
    }

    [LoggerMessage(2302, LogLevel.Error, "A call of the API failed: {Type}: {Reason}")]
    private static partial void Failed(ILogger logger, string type, string reason);
}
