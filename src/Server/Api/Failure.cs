using TfeBackup.Archive;
using TfeBackup.Engine;

namespace TfeBackup.Server.Api;

/// <summary>A failure as the API answers it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Reason">Why, for the log and for problem details.</param>
internal readonly record struct Failure(int Status, string Reason)
{
    /// <summary>The one place that decides which failure is answered by which status.</summary>
    public static Failure From(Exception exception) => exception switch
    {
        ApiException => new(StatusCodes.Status400BadRequest, exception.Message),
        BadHttpRequestException => new(StatusCodes.Status400BadRequest, $"The request ended early or is malformed: {exception.Message}"),
        ArchiveException => new(StatusCodes.Status400BadRequest, exception.Message),
        EngineException { Error: EngineError.InvalidRequest or EngineError.SchemaMismatch or EngineError.TargetNotEmpty } =>
            new(StatusCodes.Status400BadRequest, exception.Message),
        EngineException { Error: EngineError.Busy } => new(StatusCodes.Status409Conflict, exception.Message),
        EngineException => new(StatusCodes.Status500InternalServerError, exception.Message),
        IOException => new(StatusCodes.Status500InternalServerError, $"Reading or writing failed: {exception.Message}"),
        _ => new(StatusCodes.Status500InternalServerError, $"Unexpected: {exception.GetType().Name}. The service's log has the details."),
    };
}
