using System.Collections.Immutable;

namespace TfeBackup.Server.History;

/// <summary>The backups and restores that this service works on, for those who are about to take the application from under them.</summary>
internal sealed class OperationsUnderWay(TimeProvider time)
{
    private ImmutableList<RunningOperation> _operations = [];

    /// <summary>What is under way, longest first.</summary>
    public IReadOnlyList<RunningOperation> Current => _operations;

    /// <summary>Notes that an operation has begun; it is over when the result is disposed.</summary>
    /// <param name="name"><c>backup</c> or <c>restore</c>.</param>
    public RunningOperation Begin(string name)
    {
        var operation = new RunningOperation(name, time.GetUtcNow(), End);
        ImmutableInterlocked.Update(ref _operations, operations => operations.Add(operation));
        return operation;
    }

    private void End(RunningOperation operation) => ImmutableInterlocked.Update(ref _operations, operations => operations.Remove(operation));
}
