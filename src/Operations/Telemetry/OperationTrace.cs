using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace TfeBackup.Operations.Telemetry;

/// <summary>The trace context shared by the spans of one operation, whichever machine and process they come from.</summary>
internal static class OperationTrace
{
    /// <summary>
    /// The parent of an activity's span: the host's current span; else a trace that is the operation's by its id, so
    /// that all its spans belong together without anybody having to remember anything.
    /// </summary>
    public static ActivityContext Parent(string operationId) => Activity.Current?.Context ?? OfOperation(operationId);

    private static ActivityContext OfOperation(string instanceId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(instanceId));
        return new ActivityContext(
            ActivityTraceId.CreateFromBytes(hash.AsSpan(0, 16)),
            ActivitySpanId.CreateFromBytes(hash.AsSpan(16, 8)),
            ActivityTraceFlags.Recorded,
            isRemote: true);
    }
}
