using System.Globalization;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Hosting.Diagnosis;

/// <summary>Checks that the store answers, is writable, and has room for the next backups.</summary>
internal sealed class StoreExaminer(Composition composition, BackupConfiguration configuration)
{
    private const string Subject = "store";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(Limit);
        try
        {
            var store = composition.CreateStore(configuration.Store);
            await store.CheckAsync(ending.Token);
            var free = await store.CheckWritableAsync(ending.Token);
            var last = await LargestOfTheLastAsync(store, ending.Token);
            return [Judge(store.Description, free, last)];
        }
        catch (OperationException e)
        {
            return [Finding.Failed(Subject, e.Message, Remedy(e.Error))];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [Finding.Failed(Subject, $"{configuration.Store} did not answer within {Limit.TotalSeconds:0} s.", "Check Store's address, the network and the account's firewall.")];
        }
    }

    private static Finding Judge(string store, long? free, long last) => free switch
    {
        null => Finding.Ok(Subject, $"{store} can be read and written"),
        { } bytes when bytes < last => Finding.Failed(
            Subject, $"{store} has {Bytes(bytes)} free, less than the last backup's {Bytes(last)}: the next one will fail.", "Free some space, enlarge the file system, or keep fewer backups (Retention)."),
        { } bytes when bytes < 2 * last => Finding.Warning(
            Subject, $"{store} has {Bytes(bytes)} free, room for one more backup of the last one's size ({Bytes(last)}).", "Free some space, enlarge the file system, or keep fewer backups (Retention)."),
        { } bytes => Finding.Ok(Subject, $"{store} can be read and written; {Bytes(bytes)} free"),
    };

    private static string Bytes(long size) => size >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{size / (double)(1L << 30):0.0} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{size / (double)(1L << 20):0.0} MiB");

    private string Remedy(OperationError error) => (configuration.Store.Kind, error) switch
    {
        (StoreKind.Directory, OperationError.Refused) => "Give the directory to the user this runs as, writable: chown and chmod 700.",
        (StoreKind.Directory, OperationError.Corrupt) => "Restore the damaged file from a copy, or move it away with its folder.",
        (StoreKind.Directory, _) => $"Mount the disk, or create the directory for this user: install -d -m 700 '{configuration.Store.Path}'; or correct Store:Path.",
        (_, OperationError.InvalidConfiguration) => "Create the container, or correct Store:Container or Store:ConnectionString.",
        (_, OperationError.Refused) => "Give this identity the role Storage Blob Data Contributor on the container, or let this address through the account's firewall.",
        _ => "Check Store's address, the network and the account's firewall.",
    };

    private static async Task<long> LargestOfTheLastAsync(IBackupStore store, CancellationToken cancellationToken)
    {
        var last = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var record in store.ListAsync(null, cancellationToken))
        {
            last[record.Key.Installation] = record.Size;
        }

        return last.Values.DefaultIfEmpty().Max();
    }
}
