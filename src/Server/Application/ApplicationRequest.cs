namespace TfeBackup.Server.Application;

/// <summary>A requested action and its result.</summary>
/// <param name="Id">Tells it from others; an action that is asked for again while it is under way is the same one.</param>
/// <param name="Action"><c>stop</c>, <c>start</c> or <c>drain</c>.</param>
/// <param name="State"><see cref="Waiting"/>, <see cref="Running"/>, <see cref="Succeeded"/> or <see cref="Failed"/>.</param>
/// <param name="Requested">When it was first asked for (UTC).</param>
internal sealed record ApplicationRequest(string Id, string Action, string State, DateTimeOffset Requested)
{
    /// <summary>Another action has to end first.</summary>
    public const string Waiting = "waiting";

    /// <summary>Its command runs.</summary>
    public const string Running = "running";

    /// <summary>Its command ended with 0.</summary>
    public const string Succeeded = "succeeded";

    /// <summary>Its command failed, took too long, or was cut off by the service's own end.</summary>
    public const string Failed = "failed";

    /// <summary>When its command was started (UTC).</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, either way (UTC).</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The kind of failure: a name as in problem details.</summary>
    public string? Error { get; init; }

    /// <summary>The end of its command's output; for a failure, the command, its exit code and the end of its output.</summary>
    public string? Detail { get; init; }
}
