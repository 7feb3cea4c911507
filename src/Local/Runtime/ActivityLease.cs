namespace TfeBackup.Local.Runtime;

/// <summary>The right to run an activity, until it runs out or somebody else is given a later one.</summary>
internal sealed record ActivityLease(string Instance, int Task, string Name, string Input, int Starts, long Number);
