namespace TfeBackup.Engine.Application;

/// <summary>The status of an application, as its runtime reported it.</summary>
/// <param name="State">The state of the application.</param>
/// <param name="Detail">One line for an operator: the command or request and the beginning of its answer. Never a secret.</param>
public sealed record ApplicationStatus(ApplicationState State, string Detail);
