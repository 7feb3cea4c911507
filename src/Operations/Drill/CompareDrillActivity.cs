using System.Security.Cryptography;
using System.Text.Json;
using TfeBackup.Archive;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Drill;

/// <summary>
/// Compares a backup with what arrived of it: takes a backup of the installation it was restored into, under a password that nobody learns, and reads
/// both as streams. Nothing of it is stored.
/// </summary>
internal sealed class CompareDrillActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, OperationTelemetry telemetry, TimeProvider time, ActivityServices services)
    : OperationActivity<CompareInput, DrillComparison>(services)
{
    public static readonly ActivityName<CompareInput, DrillComparison> Call = new("CompareDrill");

    protected override string? InstallationOf(CompareInput input) => input.Record.Key.Installation;

    private protected override async Task<DrillComparison> RunAsync(ActivityRun run, CompareInput input, CancellationToken cancellationToken)
    {
        var record = input.Record;
        var installation = installations.GetInstallation(input.Into);
        var password = await secrets.GetAsync(record.Password, cancellationToken);
        await using var data = await store.OpenDataAsync(record.Key, 0, null, cancellationToken);
        await using var counted = new ProgressStream(
            data, new TransferProgress(run, record.Key.Installation, "compare", record.Size, telemetry, time));
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
            throw new OperationException(FailureTable.Of(e.Error), $"Comparing {record.Key} with {input.Into}: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new OperationException(OperationError.Corrupt, $"Comparing {record.Key} with {input.Into}: {e.Message}", e);
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
            throw new OperationException(FailureTable.Of(e.Error), $"{what} cannot be read: {e.Message}", e);
        }
    }
}
