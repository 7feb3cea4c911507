using System.Security.Cryptography;
using TfeBackup.Archive;
using TfeBackup.Engine;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Telemetry;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows.Drills;

/// <summary>
/// Compares a backup with what arrived of it: takes a backup of the installation it was restored into, under a password that nobody learns, and reads
/// both as streams. Nothing of it is stored.
/// </summary>
internal sealed class CompareDrillActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, WorkflowTelemetry telemetry, TimeProvider time)
    : Activity<CompareInput, DrillComparison>(WorkflowActivities.CompareDrill)
{
    protected override async Task<DrillComparison> RunAsync(IActivityContext context, CompareInput input, CancellationToken cancellationToken)
    {
        var record = input.Record;
        var installation = installations.GetInstallation(input.Into);
        var password = await secrets.GetAsync(record.Password, cancellationToken);
        await using var data = await store.OpenDataAsync(record.Key, 0, null, cancellationToken);
        await using var counted = new HashingStream(
            data, new TransferProgress(context, record.Key.Installation, "compare", record.Size, telemetry, time));
        Stream? arrived = null;
        try
        {
            var backup = await OpenAsync(counted, password.Reveal(), $"{record.Key}", cancellationToken);
            return await new DrillComparer(input.Into).CompareAsync(
                backup,
                async () =>
                {
                    var once = RandomNumberGenerator.GetHexString(64);
                    arrived = await installation.BackupAsync(once, skipObjectStorage: !record.ObjectsIncluded, cancellationToken);
                    return await OpenAsync(arrived, once, $"The backup of {input.Into}", cancellationToken);
                },
                cancellationToken);
        }
        catch (ArchiveException e)
        {
            throw new WorkflowException(VerifyBlobActivity.Category(e.Error), $"Comparing {record.Key} with {input.Into}: {e.Message}", e);
        }
        catch (EngineException e)
        {
            throw new WorkflowException(WorkflowError.Corrupt, $"Comparing {record.Key} with {input.Into}: {e.Message}", e);
        }
        finally
        {
            if (arrived is not null)
            {
                await arrived.DisposeAsync();
            }
        }
    }

    private static async Task<ArchiveReader> OpenAsync(Stream stream, string password, string what, CancellationToken cancellationToken)
    {
        try
        {
            return await ArchiveReader.OpenAsync(stream, password, null, cancellationToken);
        }
        catch (ArchiveException e)
        {
            throw new WorkflowException(VerifyBlobActivity.Category(e.Error), $"{what} cannot be read: {e.Message}", e);
        }
    }
}
