namespace DurableTask.Sqlite.Storage;

/// <summary>An activity that a worker holds.</summary>
/// <param name="Number">Its row.</param>
/// <param name="Lock">The number of its lock: how often it was handed out.</param>
/// <param name="Attempts">How often it was handed out, except to workers that were told to stop.</param>
/// <param name="InstanceId">The instance that scheduled it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Message">Its message as JSON.</param>
internal sealed record LockedActivity(long Number, long Lock, int Attempts, string InstanceId, string Name, string Message);
