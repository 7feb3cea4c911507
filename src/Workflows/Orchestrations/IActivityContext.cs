namespace TfeBackup.Workflows.Orchestrations;

/// <summary>What an activity may know about its run, and say while it lasts.</summary>
public interface IActivityContext
{
    /// <summary>The operation it belongs to.</summary>
    string InstanceId { get; }

    /// <summary>
    /// The span of the host's that this run is part of, as a W3C <c>traceparent</c>; null where the host keeps no trace, or has made its span the
    /// current one.
    /// </summary>
    string? TraceParent => null;

    /// <summary>
    /// Says how far it has come, for live display only: hosts pass on what they can, when they can, and forget it afterwards. Cheap, any thread.
    /// </summary>
    void Report(ActivityProgress progress);
}
