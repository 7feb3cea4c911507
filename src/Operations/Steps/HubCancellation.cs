namespace TfeBackup.Operations.Steps;

/// <summary>Recognizes cancellation, which a client of a task hub may report as a status of its call.</summary>
internal static class HubCancellation
{
    public static bool Is(Exception e) =>
        e is OperationCanceledException || e.GetType().FullName == "Grpc.Core.RpcException" && e.Message.Contains("Cancelled", StringComparison.Ordinal);
}
