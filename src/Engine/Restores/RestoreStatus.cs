namespace TfeBackup.Engine.Restores;

/// <summary>What is known of one restore.</summary>
/// <param name="Id">The operation's id, as its caller named it.</param>
/// <param name="State">What became of it.</param>
/// <param name="Detail">Why it failed, or what it waits for; null where there is nothing to say.</param>
public sealed record RestoreStatus(string Id, RestoreState State, string? Detail);
