using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Durable;
using TfeBackup.Functions.Http;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Functions;

/// <summary>Operations, over HTTP.</summary>
internal sealed class OperationApi(BackupApp app, ApiCalls calls)
{
    private const int MostListed = 1_000;

    [Function("ListOperations")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(async () =>
        {
            var operations = new List<OperationDocument>();
            await foreach (var instance in new DurableWorkflowClient(client).ListAsync(ReadQuery(request.Query), cancellationToken))
            {
                operations.Add(OperationDocument.From(instance));
            }

            return ApiResults.Document(new OperationList(operations), ApiJson.Default.OperationList);
        });

    [Function("ShowOperation")]
    public Task<IResult> ShowAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(async () =>
        {
            ArgumentNullException.ThrowIfNull(request);
            return ApiResults.Document(await ApiCalls.FindAsync(client, id, cancellationToken), ApiJson.Default.OperationDocument);
        });

    /// <summary>Gives an operation the word it waits for: that it may go on, or that the application was restarted by hand.</summary>
    [Function("ApproveOperation")]
    public Task<IResult> ApproveAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/{id}/approval")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(async () =>
        {
            var word = await ApiCalls.ReadAsync(request, ApiJson.Default.ApprovalRequest, cancellationToken);
            var by = SignedIn(request) ?? word.By;
            var operations = app.CreateOperations(client);
            var operation = await ApiCalls.FindAsync(client, id, cancellationToken);
            if (operation.Status?.Waiting?.Event != OperationEvents.Restarted)
            {
                await operations.ApproveAsync(id, new ApprovalDecision(word.Approved, by, word.Comment), cancellationToken);
            }
            else if (word.Approved)
            {
                await operations.ConfirmRestartAsync(id, new OperatorNote(by, word.Comment), cancellationToken);
            }
            else
            {
                throw new WorkflowException(
                    WorkflowError.InvalidRequest,
                    $"Operation {id} does not ask for an approval but for a restart by hand; DELETE /api/operations/{id}?graceful=true ends it.");
            }

            return ApiResults.Accepted(request.HttpContext.Response, operation);
        });

    /// <summary>Ends an operation: at once, or (<c>graceful=true</c>) as soon as what must not be cut off is finished.</summary>
    [Function("EndOperation")]
    public Task<IResult> EndAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "operations/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(async () =>
        {
            var graceful = request.Query["graceful"].ToString() switch
            {
                "" or "false" => false,
                "true" => true,
                var other => throw new WorkflowException(WorkflowError.InvalidRequest, $"graceful is '{other}'; expected true or false."),
            };
            var by = SignedIn(request);
            if (graceful)
            {
                await app.CreateOperations(client).CancelAsync(id, new OperatorNote(by), cancellationToken);
            }
            else
            {
                await new DurableWorkflowClient(client).TerminateAsync(
                    id, $"Terminated{(by is null ? "" : $" by {by}")} over the API.", cancellationToken);
            }

            return ApiResults.Accepted(request.HttpContext.Response, await ApiCalls.FindAsync(client, id, cancellationToken));
        });

    // The platform's authentication sets this header, and removes it from what callers send.
    private static string? SignedIn(HttpRequest request) =>
        request.Headers["X-MS-CLIENT-PRINCIPAL-NAME"].ToString() is { Length: > 0 } name ? name : null;

    private static WorkflowQuery ReadQuery(IQueryCollection query)
    {
        var read = new WorkflowQuery();
        if (query["state"].ToString() is { Length: > 0 } state)
        {
            read = Enum.TryParse<WorkflowState>(state, ignoreCase: true, out var known) && Enum.IsDefined(known) && !char.IsAsciiDigit(state[0])
                ? read with { State = known }
                : throw new WorkflowException(
                    WorkflowError.InvalidRequest, $"state is '{state}'; expected one of {string.Join(", ", Enum.GetNames<WorkflowState>())}.");
        }

        if (query["limit"].ToString() is { Length: > 0 } limit)
        {
            read = int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= MostListed
                ? read with { Limit = number }
                : throw new WorkflowException(WorkflowError.InvalidRequest, $"limit is '{limit}'; expected a number from 1 to {MostListed}.");
        }

        return read;
    }
}
