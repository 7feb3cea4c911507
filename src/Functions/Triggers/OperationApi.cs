using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using TfeBackup.Functions.Http;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Triggers;

/// <summary>Operations, over HTTP.</summary>
internal sealed class OperationApi(ApiCalls calls)
{
    private const int MostListed = 1_000;

    [Function("ListOperations")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(client, async services =>
        {
            var operations = new List<OperationInstance>();
            await foreach (var instance in services.GetRequiredService<OperationQueries>().ListAsync(ReadQuery(request.Query), cancellationToken))
            {
                operations.Add(instance);
            }

            return ApiResults.Document(new OperationList(operations), ApiJson.Default.OperationList);
        });

    [Function("ShowOperation")]
    public Task<IResult> ShowAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(client, async services =>
        {
            ArgumentNullException.ThrowIfNull(request);
            return ApiResults.Document(await ApiCalls.FindAsync(services, id, cancellationToken), ApiJson.Default.OperationInstance);
        });

    /// <summary>Gives an operation the answer it waits for: that it may go on, or that the application was restarted by hand.</summary>
    [Function("ApproveOperation")]
    public Task<IResult> ApproveAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/{id}/approval")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(client, async services =>
        {
            var answer = await ApiCalls.ReadAsync(request, ApiJson.Default.ApprovalRequest, cancellationToken);
            var wait = answer.For == ApprovalSubject.Restarted ? OperationEvents.Restarted : OperationEvents.Approval;
            var decision = new ApprovalDecision(answer.Approved, SignedIn(request) ?? answer.By, answer.Comment);
            var operation = await ApiCalls.FindAsync(services, id, cancellationToken);
            await services.GetRequiredService<OperationService>().AnswerAsync(id, wait, decision, cancellationToken);
            return ApiResults.Accepted(request.HttpContext.Response, operation);
        });

    /// <summary>Ends an operation: at once, or (<c>graceful=true</c>) as soon as what must not be cut off is finished.</summary>
    [Function("EndOperation")]
    public Task<IResult> EndAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "operations/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(client, async services =>
        {
            var graceful = request.Query["graceful"].ToString() switch
            {
                "" or "false" => false,
                "true" => true,
                var other => throw new OperationException(OperationError.InvalidRequest, $"graceful is '{other}'; expected true or false."),
            };
            var by = SignedIn(request);
            if (graceful)
            {
                await services.GetRequiredService<OperationService>().CancelAsync(id, new OperatorNote(by), cancellationToken);
            }
            else
            {
                await services.GetRequiredService<OperationService>().TerminateAsync(
                    id, $"Terminated{(by is null ? "" : $" by {by}")} over the API.", cancellationToken);
            }

            return ApiResults.Accepted(request.HttpContext.Response, await ApiCalls.FindAsync(services, id, cancellationToken));
        });

    // Set by App Service authentication, which strips it from incoming requests.
    private static string? SignedIn(HttpRequest request) =>
        request.Headers["X-MS-CLIENT-PRINCIPAL-NAME"].ToString() is { Length: > 0 } name ? name : null;

    private static OperationQuery ReadQuery(IQueryCollection query)
    {
        var read = new OperationQuery();
        if (query["state"].ToString() is { Length: > 0 } state)
        {
            read = Enum.TryParse<OperationState>(state, ignoreCase: true, out var known) && Enum.IsDefined(known) && !char.IsAsciiDigit(state[0])
                ? read with { State = known }
                : throw new OperationException(
                    OperationError.InvalidRequest, $"state is '{state}'; expected one of {string.Join(", ", Enum.GetNames<OperationState>())}.");
        }

        if (query["limit"].ToString() is { Length: > 0 } limit)
        {
            read = int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= MostListed
                ? read with { Limit = number }
                : throw new OperationException(OperationError.InvalidRequest, $"limit is '{limit}'; expected a number from 1 to {MostListed}.");
        }

        return read;
    }
}
