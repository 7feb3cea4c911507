namespace TfeBackup.Operations.Steps;

/// <summary>A context of a host that tells each run of an activity by itself when to stop.</summary>
public interface IStoppableActivityContext
{
    /// <summary>Cancelled when the host wants the run to stop; the activity is then run again elsewhere.</summary>
    CancellationToken Stopping { get; }
}
