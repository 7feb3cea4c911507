using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Telemetry;

/// <summary>What the spans of one operation have in common, whichever machine and process they come from.</summary>
internal static class OperationTrace
{
    /// <summary>
    /// The parent of an activity's span: what the host passes; else the host's own current span; else a trace that is the operation's by its id, so
    /// that all its spans belong together without anybody having to remember anything.
    /// </summary>
    public static ActivityContext Parent(IActivityContext context)
    {
        if (context.TraceParent is { } given && ActivityContext.TryParse(given, null, isRemote: true, out var passed))
        {
            return passed;
        }

        return Activity.Current?.Context ?? OfOperation(context.InstanceId);
    }

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
