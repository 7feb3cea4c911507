using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using TfeBackup.Functions.Composition;
using TfeBackup.Functions.Http;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Functions.Functions;

/// <summary>What can be done with an installation, over HTTP.</summary>
internal sealed class InstallationApi(BackupApp app, ApiCalls calls)
{
    [Function("StartBackup")]
    public Task<IResult> StartBackupAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/backups")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.StartAsync(
            request.HttpContext.Response, name, client, operations => operations.StartBackupAsync(name, cancellationToken), () => name, cancellationToken);

    [Function("ListBackups")]
    public Task<IResult> ListBackupsAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "installations/{name}/backups")] HttpRequest request,
        string name,
        CancellationToken cancellationToken) =>
        calls.AnswerAsync(async () =>
        {
            ArgumentNullException.ThrowIfNull(request);
            _ = app.Parts.Installations.GetDefinition(name);
            var backups = new List<BackupRecord>();
            await foreach (var record in app.Parts.Store.ListAsync(name, cancellationToken))
            {
                backups.Add(record);
            }

            return ApiResults.Document(
                new BackupList([.. backups.OrderByDescending(record => record.Key.Id, StringComparer.Ordinal)]), ApiJson.Default.BackupList);
        });

    [Function("StartRestore")]
    public Task<IResult> StartRestoreAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/restores")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.StartAsync(
            request.HttpContext.Response,
            name,
            client,
            async operations =>
            {
                var restore = await ApiCalls.ReadAsync(request, ApiJson.Default.RestoreRequest, cancellationToken);
                if (restore.From is { } from)
                {
                    _ = app.Parts.Installations.GetDefinition(from);
                }

                var input = new RestoreInput
                {
                    Backup = restore.From is null ? restore.Backup : $"{restore.From}/{restore.Backup}",
                    Target = name,
                    Overwrite = restore.Overwrite,
                    RequireApproval = restore.Approval == ApprovalRequirement.Required,
                };
                return await operations.StartRestoreAsync(input, cancellationToken);
            },
            () => name,
            cancellationToken);

    [Function("StartRestart")]
    public Task<IResult> StartRestartAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/restarts")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.StartAsync(
            request.HttpContext.Response, name, client, operations => operations.StartRestartAsync(name, cancellationToken), () => name, cancellationToken);

    [Function("StartDrill")]
    public Task<IResult> StartDrillAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "installations/{name}/drills")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        calls.StartAsync(
            request.HttpContext.Response,
            name,
            client,
            operations => operations.StartDrillAsync(app.Parts.Installations.GetDefinition(name), cancellationToken),
            () => app.Parts.Installations.GetDefinition(name).Drill?.Into,
            cancellationToken);
}
