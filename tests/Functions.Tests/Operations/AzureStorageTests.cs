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

public sealed class AzureStorageLostActivityTests : LostActivityConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageInterruptedBeforeTests() : InterruptionConformance(Interruptions.Moment.Before)
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageInterruptedInsideTests() : InterruptionConformance(Interruptions.Moment.Inside)
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}

public sealed class AzureStorageInterruptedAfterTests() : InterruptionConformance(Interruptions.Moment.After)
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InAzureStorage();
}
