namespace DurableTask.Sqlite.Storage;

/// <summary>An activity that a worker holds: its row, the number of its lock, how often it was begun, and its message as JSON.</summary>
internal sealed record LockedActivity(long Number, long Lock, int Attempts, string Message);
