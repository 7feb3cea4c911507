using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Durable;

namespace TfeBackup.Functions.Functions;

/// <summary>The activities, a function each, under the names that histories hold.</summary>
internal sealed class ActivityFunctions(BackupApp app, DurableActivityRunner runner)
{
    [Function("Claim")]
    public Task<string> Claim(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("Claim", input, instanceId, client, cancellationToken);

    [Function("Report")]
    public Task<string> Report(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("Report", input, instanceId, client, cancellationToken);

    [Function("AskInstallation")]
    public Task<string> AskInstallation(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("AskInstallation", input, instanceId, client, cancellationToken);

    [Function("PlanBackup")]
    public Task<string> PlanBackup(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("PlanBackup", input, instanceId, client, cancellationToken);

    [Function("StreamBackup")]
    public Task<string> StreamBackup(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("StreamBackup", input, instanceId, client, cancellationToken);

    [Function("VerifyBlob")]
    public Task<string> VerifyBlob(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("VerifyBlob", input, instanceId, client, cancellationToken);

    [Function("Publish")]
    public Task<string> Publish(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("Publish", input, instanceId, client, cancellationToken);

    [Function("PlanVerify")]
    public Task<string> PlanVerify(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("PlanVerify", input, instanceId, client, cancellationToken);

    [Function("AddCheck")]
    public Task<string> AddCheck(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("AddCheck", input, instanceId, client, cancellationToken);

    [Function("PlanRestore")]
    public Task<string> PlanRestore(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("PlanRestore", input, instanceId, client, cancellationToken);

    [Function("ApplyBackup")]
    public Task<string> ApplyBackup(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("ApplyBackup", input, instanceId, client, cancellationToken);

    [Function("PlanRestart")]
    public Task<string> PlanRestart(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("PlanRestart", input, instanceId, client, cancellationToken);

    [Function("ControlApplication")]
    public Task<string> ControlApplication(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("ControlApplication", input, instanceId, client, cancellationToken);

    [Function("Prune")]
    public Task<string> Prune(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("Prune", input, instanceId, client, cancellationToken);

    [Function("PlanDrill")]
    public Task<string> PlanDrill(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("PlanDrill", input, instanceId, client, cancellationToken);

    [Function("CompareDrill")]
    public Task<string> CompareDrill(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("CompareDrill", input, instanceId, client, cancellationToken);

    [Function("Notify")]
    public Task<string> Notify(
        [ActivityTrigger] string input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        RunAsync("Notify", input, instanceId, client, cancellationToken);

    private Task<string> RunAsync(string name, string input, string instanceId, DurableTaskClient client, CancellationToken cancellationToken) =>
        runner.RunAsync(app.GetActivity(name, client), instanceId, input, client, cancellationToken);
}
