using TfeBackup.Engine;

namespace TfeBackup.Server.Api;

/// <summary>A request that this API refuses. The message says what was expected and what was found.</summary>
/// <param name="message">For whoever sent the request.</param>
/// <param name="innerException">The cause, where there is one.</param>
internal sealed class ApiException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The HTTP status it is answered with.</summary>
    public int Status { get; init; } = StatusCodes.Status400BadRequest;

    /// <summary>The kind of failure, for programs: the value of <c>error</c> in problem details.</summary>
    public string Kind { get; init; } = nameof(EngineError.InvalidRequest);
}
