namespace TfeBackup.Server.Application;

/// <summary>The answer of <c>GET /_backup/api/v1/application</c>.</summary>
/// <param name="State">
/// <c>running</c>, <c>stopped</c>, <c>changing</c> (on its way, or an action is under way), or <c>unknown</c> where the status command fails.
/// </param>
/// <param name="Detail">One line: the status command and its answer, or the action that is under way.</param>
/// <param name="Control">The commands that stop and start it.</param>
/// <param name="Actions">What it can be asked to do.</param>
/// <param name="Requests">What it was asked to do since this service started, the last ones, newest last.</param>
internal sealed record ApplicationReport(
    string State, string Detail, string Control, IReadOnlyList<string> Actions, IReadOnlyList<ApplicationRequest> Requests)
{
    /// <summary>If the state is unknown, the kind of failure: a name as in problem details.</summary>
    public string? Error { get; init; }
}
