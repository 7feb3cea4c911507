using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Http;
using TfeBackup.Workflows;

namespace TfeBackup.Functions.Functions;

/// <summary>The app itself, over HTTP.</summary>
internal sealed class AppApi(BackupApp app, ApiCalls calls)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static string Version { get; } =
        typeof(AppApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Whether settings, store and task hub are as they have to be.</summary>
    [Function("Health")]
    public Task<IResult> HealthAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "health")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(async () =>
        {
            ArgumentNullException.ThrowIfNull(request);
            var faults = new List<string>(app.Faults);
            string[] installations = [];
            if (faults.Count == 0)
            {
                installations = [.. app.Parts.Configuration.Installations.Keys.Order(StringComparer.Ordinal)];
                await CheckAsync("store", app.Parts.Store.CheckAsync, faults, cancellationToken);
            }

            await CheckAsync("task hub", token => client.GetInstanceAsync("health", token), faults, cancellationToken);
            var healthy = faults.Count == 0;
            return ApiResults.Document(
                new HealthDocument(healthy ? "healthy" : "unhealthy", Version, faults, installations),
                ApiJson.Default.HealthDocument,
                healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });

    /// <summary>This API's description.</summary>
    [Function("OpenApi")]
    public static IResult OpenApi([HttpTrigger(AuthorizationLevel.Function, "get", Route = "openapi.json")] HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return TypedResults.Stream(typeof(AppApi).Assembly.GetManifestResourceStream("openapi.json")!, "application/json");
    }

    private static async Task CheckAsync(
        string part, Func<CancellationToken, Task> check, List<string> faults, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            await check(deadline.Token);
        }
        catch (WorkflowException e)
        {
            faults.Add($"{part}: {e.Message}");
        }
        catch (Exception e) when (e is Grpc.Core.RpcException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            faults.Add($"{part}: no answer within {Patience.TotalSeconds:0} s, or none that says what is wrong ({e.GetType().Name}).");
        }
    }
}
