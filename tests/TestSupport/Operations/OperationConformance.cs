using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;

namespace TfeBackup.TestSupport.Operations;

/// <summary>What operations do on every engine that hosts them: each derived class has scenarios, each class derived from that an engine.</summary>
public abstract class OperationConformance
{
    /// <summary>Creates an engine with a task hub of its own.</summary>
    protected abstract IOperationEngine CreateEngine();

    protected Task<OperationHarness> StartAsync(IReadOnlyList<NotificationDefinition>? notifications = null, OperationTimings? timings = null) =>
        OperationHarness.StartAsync(CreateEngine(), notifications, timings);
}
