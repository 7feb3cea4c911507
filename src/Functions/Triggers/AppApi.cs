using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Http;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Functions.Triggers;

/// <summary>The app itself, over HTTP.</summary>
internal sealed class AppApi(AppFaults settings, ApiCalls calls)
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(20);

    private static string Version { get; } =
        typeof(AppApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Checks settings, store and task hub.</summary>
    [Function("Health")]
    public Task<IResult> HealthAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "health")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(client, async services =>
        {
            ArgumentNullException.ThrowIfNull(request);
            var faults = new List<string>(settings.Lines);
            string[] installations = [];
            if (faults.Count == 0)
            {
                installations = [.. services.GetRequiredService<OperationSettings>().Installations.Select(installation => installation.Name).Order(StringComparer.Ordinal)];
                await CheckAsync("store", services.GetRequiredService<IBackupStore>().CheckAsync, faults, cancellationToken);
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
        deadline.CancelAfter(CheckTimeout);
        try
        {
            await check(deadline.Token);
        }
        catch (OperationException e)
        {
            faults.Add($"{part}: {e.Message}");
        }
        catch (Exception e) when (e is Grpc.Core.RpcException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            faults.Add($"{part}: no response within {CheckTimeout.TotalSeconds:0} s, or no usable one ({e.GetType().Name}).");
        }
    }
}
