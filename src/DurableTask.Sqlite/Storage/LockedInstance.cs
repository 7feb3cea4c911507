namespace DurableTask.Sqlite.Storage;

/// <summary>
/// An instance that a worker holds: its row, which is another where an id is used again, the number of its lock, and how often it was tried
/// without success.
/// </summary>
internal sealed record LockedInstance(long Number, string Id, string ExecutionId, long Lock, int Attempts);
