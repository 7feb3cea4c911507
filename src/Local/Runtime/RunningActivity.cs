using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Runtime;

/// <summary>An activity that this worker runs now.</summary>
internal sealed class RunningActivity(ActivityLease lease, CancellationToken stopping) : IActivityContext, IDisposable
{
    private readonly CancellationTokenSource _cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private ActivityProgress? _progress;

    public ActivityLease Lease { get; } = lease;

    public string InstanceId => Lease.Instance;

    public CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>What was last reported.</summary>
    public ActivityProgress? Progress => Volatile.Read(ref _progress);

    /// <summary>What was last written down.</summary>
    public ActivityProgress? Written { get; set; }

    /// <summary>When the lease was last renewed, on the clock of leases.</summary>
    public required long Renewed { get; set; }

    public void Report(ActivityProgress progress) => Volatile.Write(ref _progress, progress);

    /// <summary>Tells it to stop: it is no longer this worker's to run.</summary>
    public void Stop()
    {
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in this moment.
        }
    }

    public void Dispose() => _cancellation.Dispose();
}
