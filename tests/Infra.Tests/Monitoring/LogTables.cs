namespace TfeBackup.Infra.Tests.Monitoring;

/// <summary>The workspace's tables as Azure Monitor's reference lists them, so far as queries may use them.</summary>
internal static class LogTables
{
    private const string Common =
        "TimeGenerated: datetime, AppRoleInstance: string, AppRoleName: string, AppVersion: string, ItemCount: int, OperationId: string, "
        + "OperationName: string, ParentId: string, Properties: dynamic, SDKVersion: string, Type: string, _ResourceId: string";

    public static IReadOnlyDictionary<string, string> Columns { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["AppTraces"] = Common + ", Message: string, SeverityLevel: int, Measurements: dynamic",
        ["AppMetrics"] = Common + ", Name: string, Sum: real, Min: real, Max: real",
        ["Usage"] = "TimeGenerated: datetime, DataType: string, Quantity: real, QuantityUnit: string, IsBillable: bool, Solution: string, Type: string",
    };
}
