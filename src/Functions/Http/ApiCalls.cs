using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Durable;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Operations;

namespace TfeBackup.Functions.Http;

/// <summary>What all calls of the API have in common.</summary>
internal sealed partial class ApiCalls(BackupApp app, ILogger<ApiCalls> logger)
{
    // The largest request is a handful of names.
    private const int LargestBody = 64 * 1024;

    /// <summary>Answers a call; a failure becomes problem details.</summary>
    public async Task<IResult> AnswerAsync(Func<Task<IResult>> call)
    {
        try
        {
            return await call();
        }
        catch (WorkflowException e)
        {
            return ApiResults.Problem(e);
        }
#pragma warning disable CA1031 // What nobody foresaw is logged here and not shown to callers.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Failed(logger, e.GetType().Name, e.Message);
            return ApiResults.Problem(new WorkflowException(
                WorkflowError.Internal, "The call failed for a reason nobody foresaw; the app's log (event 2204) has it."));
        }
    }

    /// <summary>Starts an operation on an installation.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="installation">The installation that the path names.</param>
    /// <param name="client">The task hub's client.</param>
    /// <param name="start">Starts it.</param>
    /// <param name="worksOn">The installation that it needs for itself.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task<IResult> StartAsync(
        HttpResponse response,
        string installation,
        DurableTaskClient client,
        Func<OperationService, Task<string>> start,
        Func<string?> worksOn,
        CancellationToken cancellationToken) =>
        AnswerAsync(async () =>
        {
            var operations = app.CreateOperations(client);
            _ = app.Parts.Installations.GetDefinition(installation);
            string id;
            try
            {
                id = await start(operations);
            }
            catch (WorkflowException e) when (e.Error == WorkflowError.Busy)
            {
                return ApiResults.Problem(e, await operations.FindHolderAsync(worksOn() ?? installation, cancellationToken));
            }

            return ApiResults.Accepted(response, await FindAsync(client, id, cancellationToken));
        });

    /// <summary>An operation.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>.</exception>
    public static async Task<OperationDocument> FindAsync(DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        await new DurableWorkflowClient(client).FindAsync(id, cancellationToken) is { } instance
            ? OperationDocument.From(instance)
            : throw new WorkflowException(WorkflowError.NotFound, $"There is no operation '{id}'.");

    /// <summary>Reads a request's JSON.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidRequest"/>: it is none, or not what was expected.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (request.ContentLength > LargestBody)
        {
            throw new WorkflowException(WorkflowError.InvalidRequest, $"The request's body is larger than {LargestBody} bytes.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancellationToken)
                ?? throw new WorkflowException(WorkflowError.InvalidRequest, "The request's body is null; expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw new WorkflowException(
                WorkflowError.InvalidRequest, $"The request's body is not what /api/openapi.json describes, at {e.Path ?? "$"}: {e.Message}");
        }
    }

    [LoggerMessage(2204, LogLevel.Error, "A call of the API failed: {Type}: {Reason}")]
    private static partial void Failed(ILogger logger, string type, string reason);
}
