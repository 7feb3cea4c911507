using TfeBackup.Engine;

namespace TfeBackup.Server.Api;

/// <summary>A request this API refuses: what was expected, and what was found.</summary>
/// <param name="message">For whoever sent the request.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class ApiException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The HTTP status it is answered with.</summary>
    public int Status { get; init; } = StatusCodes.Status400BadRequest;

    /// <summary>What kind of failure it is, for programs: the value of <c>error</c> in problem details.</summary>
    public string Kind { get; init; } = nameof(EngineError.InvalidRequest);
}
