namespace TfeBackup.Workflows.Orchestrations;

/// <summary>What an activity may know about its run, and say while it lasts.</summary>
public interface IActivityContext
{
    /// <summary>The operation it belongs to.</summary>
    string InstanceId { get; }

    /// <summary>
    /// Says how far it has come, for live display only: hosts pass on what they can, when they can, and forget it afterwards. Cheap, any thread.
    /// </summary>
    void Report(ActivityProgress progress);
}
