using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Functions.Triggers;

/// <summary>The activities, a function each, under the names that histories hold.</summary>
internal sealed class ActivityFunctions(ActivityFunction function)
{
    [Function("Claim")]
    public Task<ClaimOutput> Claim(
        [ActivityTrigger] ClaimInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<ClaimActivity, ClaimInput, ClaimOutput>(input, instanceId, client, stopping);

    [Function("Report")]
    public Task<ReportOutput> Report(
        [ActivityTrigger] ReportInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<ReportActivity, ReportInput, ReportOutput>(input, instanceId, client, stopping);

    [Function("AskInstallation")]
    public Task<InstallationAnswer> AskInstallation(
        [ActivityTrigger] InstallationInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<AskInstallationActivity, InstallationInput, InstallationAnswer>(input, instanceId, client, stopping);

    [Function("PlanBackup")]
    public Task<BackupPlan> PlanBackup(
        [ActivityTrigger] InstallationInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<PlanBackupActivity, InstallationInput, BackupPlan>(input, instanceId, client, stopping);

    [Function("StreamBackup")]
    public Task<StreamOutput> StreamBackup(
        [ActivityTrigger] StreamInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<StreamBackupActivity, StreamInput, StreamOutput>(input, instanceId, client, stopping);

    [Function("VerifyBlob")]
    public Task<VerifyBlobOutput> VerifyBlob(
        [ActivityTrigger] VerifyBlobInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<VerifyBlobActivity, VerifyBlobInput, VerifyBlobOutput>(input, instanceId, client, stopping);

    [Function("Publish")]
    public Task<Unit> Publish(
        [ActivityTrigger] BackupRecord input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<PublishActivity, BackupRecord, Unit>(input, instanceId, client, stopping);

    [Function("PlanVerify")]
    public Task<VerifyPlan> PlanVerify(
        [ActivityTrigger] VerifyInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<PlanVerifyActivity, VerifyInput, VerifyPlan>(input, instanceId, client, stopping);

    [Function("AddCheck")]
    public Task<Unit> AddCheck(
        [ActivityTrigger] AddCheckInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<AddCheckActivity, AddCheckInput, Unit>(input, instanceId, client, stopping);

    [Function("PlanRestore")]
    public Task<RestorePlan> PlanRestore(
        [ActivityTrigger] RestorePlanInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<PlanRestoreActivity, RestorePlanInput, RestorePlan>(input, instanceId, client, stopping);

    [Function("ApplyBackup")]
    public Task<ApplyOutput> ApplyBackup(
        [ActivityTrigger] ApplyInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<ApplyBackupActivity, ApplyInput, ApplyOutput>(input, instanceId, client, stopping);

    [Function("AskRestore")]
    public Task<AskRestoreOutput> AskRestore(
        [ActivityTrigger] InstallationInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<AskRestoreActivity, InstallationInput, AskRestoreOutput>(input, instanceId, client, stopping);

    [Function("PlanRestart")]
    public Task<RestartPlan> PlanRestart(
        [ActivityTrigger] InstallationInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<PlanRestartActivity, InstallationInput, RestartPlan>(input, instanceId, client, stopping);

    [Function("ControlApplication")]
    public Task<ControlOutput> ControlApplication(
        [ActivityTrigger] ControlInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<ControlApplicationActivity, ControlInput, ControlOutput>(input, instanceId, client, stopping);

    [Function("Prune")]
    public Task<RetentionReport> Prune(
        [ActivityTrigger] PruneInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<PruneActivity, PruneInput, RetentionReport>(input, instanceId, client, stopping);

    [Function("PlanDrill")]
    public Task<DrillPlan> PlanDrill(
        [ActivityTrigger] InstallationInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<PlanDrillActivity, InstallationInput, DrillPlan>(input, instanceId, client, stopping);

    [Function("CompareDrill")]
    public Task<DrillComparison> CompareDrill(
        [ActivityTrigger] CompareInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<CompareDrillActivity, CompareInput, DrillComparison>(input, instanceId, client, stopping);

    [Function("Notify")]
    public Task<Unit> Notify(
        [ActivityTrigger] NotifyInput input, string instanceId, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        function.RunAsync<NotifyActivity, NotifyInput, Unit>(input, instanceId, client, stopping);
}
