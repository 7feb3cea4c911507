using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Backups;

/// <summary>Passes byte counts on to the host. Not <see cref="Progress{T}"/>: that would post each to the thread pool, out of order.</summary>
internal sealed class TransferProgress(IActivityContext context, long? total) : IProgress<long>
{
    public void Report(long value) => context.Report(new ActivityProgress(value, total));
}
