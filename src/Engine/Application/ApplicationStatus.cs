namespace TfeBackup.Engine.Application;

/// <summary>What an application's runtime answered.</summary>
/// <param name="State">What it comes to.</param>
/// <param name="Detail">One line for an operator: the command or request and the beginning of its answer. Never a secret.</param>
public sealed record ApplicationStatus(ApplicationState State, string Detail);
