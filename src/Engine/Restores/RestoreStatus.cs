namespace TfeBackup.Engine.Restores;

/// <summary>The status of one restore.</summary>
/// <param name="Id">The operation's id, as its caller named it.</param>
/// <param name="State">The state of the restore.</param>
/// <param name="Detail">Why it failed, or what it waits for; null where there is nothing to say.</param>
public sealed record RestoreStatus(string Id, RestoreState State, string? Detail);
