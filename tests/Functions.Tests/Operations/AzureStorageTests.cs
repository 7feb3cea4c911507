using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Functions.Tests.Operations;

public sealed class AzureStorageBackupTests : BackupConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageRestoreTests : RestoreConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageKeepingTests : KeepingConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageDrillTests : DrillConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageScheduleTests : ScheduleConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageHistoryTests : HistoryConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageInterruptionTests : InterruptionConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}
