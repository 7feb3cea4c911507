using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Operations.Tests.Operations;

public sealed class SqliteBackupTests : BackupConformance
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteRestoreTests : RestoreConformance
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteKeepingTests : KeepingConformance
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteDrillTests : DrillConformance
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteScheduleTests : ScheduleConformance
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteHistoryTests : HistoryConformance
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteLostActivityTests : LostActivityConformance
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteInterruptedBeforeTests() : InterruptionConformance(Interruptions.Moment.Before)
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteInterruptedInsideTests() : InterruptionConformance(Interruptions.Moment.Inside)
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}

public sealed class SqliteInterruptedAfterTests() : InterruptionConformance(Interruptions.Moment.After)
{
    protected override IOperationEngine CreateEngine() => new SqliteEngine();
}
