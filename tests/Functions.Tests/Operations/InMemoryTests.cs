using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Functions.Tests.Operations;

public sealed class InMemoryBackupTests : BackupConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryRestoreTests : RestoreConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryKeepingTests : KeepingConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryDrillTests : DrillConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryScheduleTests : ScheduleConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryHistoryTests : HistoryConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryInterruptionTests : InterruptionConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}
