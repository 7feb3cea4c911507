using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using TfeBackup.Functions.Http;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Functions.Triggers;

/// <summary>The HTTP API of an installation.</summary>
internal sealed class InstallationApi(ApiCalls calls)
{
    [Function("StartBackup")]
    public Task<IResult> StartBackupAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/backups")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        StartAsync(request, name, client, services => Operations(services).StartBackupAsync(name, cancellationToken), cancellationToken);

    [Function("ListBackups")]
    public Task<IResult> ListBackupsAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "installations/{name}/backups")] HttpRequest request,
        string name,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(client: null, async services =>
        {
            ArgumentNullException.ThrowIfNull(request);
            _ = Definition(services, name);
            return ApiResults.Document(new BackupList(await Finder(services).ListAsync(name, cancellationToken)), ApiJson.Default.BackupList);
        });

    [Function("ShowBackup")]
    public Task<IResult> ShowBackupAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "installations/{name}/backups/{id}")] HttpRequest request,
        string name,
        string id,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(client: null, async services =>
        {
            ArgumentNullException.ThrowIfNull(request);
            _ = Definition(services, name);
            var (record, _) = await Finder(services).FindAsync($"{name}/{id}", cancellationToken);
            var checks = new List<CheckRecord>();
            await foreach (var check in services.GetRequiredService<IBackupStore>().ListChecksAsync(record.Key, cancellationToken))
            {
                checks.Add(check);
            }

            return ApiResults.Document(
                new BackupDocument(await Finder(services).DescribeAsync(record, cancellationToken), checks), ApiJson.Default.BackupDocument);
        });

    [Function("StartRestore")]
    public Task<IResult> StartRestoreAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/restores")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(client, async services =>
        {
            _ = Definition(services, name);
            var restore = await ApiCalls.ReadAsync(request, ApiJson.Default.RestoreRequest, cancellationToken);
            if (restore.From is { } from)
            {
                _ = Definition(services, from);
            }

            var input = new RestoreInput
            {
                Backup = restore.From is null ? restore.Backup : $"{restore.From}/{restore.Backup}",
                Target = name,
                Overwrite = restore.Overwrite,
                TargetIsEmpty = restore.TargetIsEmpty,
                NoSafetyBackup = restore.NoSafetyBackup,
                NotValid = restore.NotValid is { Count: > 0 } constraints ? constraints : null,
                RequireApproval = restore.Approval == ApprovalRequirement.Required,
            };
            return restore.DryRun
                ? ApiResults.Document(
                    await services.GetRequiredService<RestorePlanner>().PreviewAsync(input, cancellationToken), ApiJson.Default.RestorePreview)
                : await AcceptAsync(request, services, await Operations(services).StartRestoreAsync(input, cancellationToken), cancellationToken);
        });

    [Function("StartVerification")]
    public Task<IResult> StartVerificationAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/verifications")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        StartAsync(
            request,
            name,
            client,
            async services =>
            {
                var verification = await ApiCalls.ReadAsync(request, ApiJson.Default.VerificationRequest, cancellationToken);
                var (record, _) = await Finder(services).FindAsync($"{name}/{verification.Backup}", cancellationToken);
                return await Operations(services).StartVerifyAsync(record.Key, cancellationToken);
            },
            cancellationToken);

    [Function("StartRetention")]
    public Task<IResult> StartRetentionAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/retention")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        StartAsync(
            request,
            name,
            client,
            async services =>
            {
                var retention = await ApiCalls.ReadAsync(request, ApiJson.Default.RetentionRequest, cancellationToken);
                return await Operations(services).StartRetentionAsync(name, retention.DryRun, cancellationToken);
            },
            cancellationToken);

    [Function("StartRestart")]
    public Task<IResult> StartRestartAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/restarts")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        StartAsync(request, name, client, services => Operations(services).StartRestartAsync(name, cancellationToken), cancellationToken);

    [Function("StartDrill")]
    public Task<IResult> StartDrillAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/drills")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        StartAsync(
            request, name, client, services => Operations(services).StartDrillAsync(Definition(services, name), cancellationToken), cancellationToken);

    private static OperationService Operations(IServiceProvider services) => services.GetRequiredService<OperationService>();

    private static BackupFinder Finder(IServiceProvider services) => new(services.GetRequiredService<IBackupStore>());

    private static InstallationDefinition Definition(IServiceProvider services, string name) =>
        services.GetRequiredService<IInstallationProvider>().GetDefinition(name);

    private Task<IResult> StartAsync(
        HttpRequest request, string name, DurableTaskClient client, Func<IServiceProvider, Task<string>> start, CancellationToken cancellationToken) =>
        calls.AnswerAsync(client, async services =>
        {
            _ = Definition(services, name);
            return await AcceptAsync(request, services, await start(services), cancellationToken);
        });

    private static async Task<IResult> AcceptAsync(HttpRequest request, IServiceProvider services, string id, CancellationToken cancellationToken) =>
        ApiResults.Accepted(request.HttpContext.Response, await ApiCalls.FindAsync(services, id, cancellationToken));
}
