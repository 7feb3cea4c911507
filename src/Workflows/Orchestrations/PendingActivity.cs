namespace TfeBackup.Workflows.Orchestrations;

/// <summary>An activity that has been scheduled and has not ended.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Starts">How often it was begun; more than once after crashes.</param>
/// <param name="Progress">What it last reported; null where it has not.</param>
public sealed record PendingActivity(string Name, int Starts, ActivityProgress? Progress);
