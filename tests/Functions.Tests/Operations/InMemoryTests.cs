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

public sealed class InMemoryLostActivityTests : LostActivityConformance
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryInterruptedBeforeTests() : InterruptionConformance(Interruptions.Moment.Before)
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryInterruptedInsideTests() : InterruptionConformance(Interruptions.Moment.Inside)
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}

public sealed class InMemoryInterruptedAfterTests() : InterruptionConformance(Interruptions.Moment.After)
{
    protected override IOperationEngine CreateEngine() => FunctionsEngine.InMemory();
}
