using TfeBackup.Archive;
using TfeBackup.Engine;

namespace TfeBackup.Server.Api;

/// <summary>A failure as the API answers it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Kind">What kind of failure, for programs: the value of <c>error</c> in problem details.</param>
/// <param name="Reason">Why, for the log and for problem details.</param>
internal readonly record struct Failure(int Status, string Kind, string Reason)
{
    /// <summary>Maps a failure to a status.</summary>
    public static Failure From(Exception exception) => exception switch
    {
        ApiException { Status: var status, Kind: var kind } => new(status, kind, exception.Message),
        BadHttpRequestException => new(
            StatusCodes.Status400BadRequest, nameof(EngineError.InvalidRequest), $"The request ended early or is malformed: {exception.Message}"),
        ArchiveException { Error: var error } => new(StatusCodes.Status400BadRequest, error.ToString(), exception.Message),
        EngineException { IsOfBackup: true, Error: var error } => new(StatusCodes.Status400BadRequest, error.ToString(), exception.Message),
        EngineException { Error: var error } => new(StatusOf(error), error.ToString(), exception.Message),
        IOException => new(
            StatusCodes.Status500InternalServerError, nameof(EngineError.Unavailable), $"Reading or writing failed: {exception.Message}"),
        _ => new(
            StatusCodes.Status500InternalServerError,
            "Internal",
            "An unexpected error occurred. The service's log has the details."),
    };

    private static int StatusOf(EngineError error) => error switch
    {
        EngineError.InvalidRequest or EngineError.SchemaMismatch or EngineError.TargetNotEmpty or EngineError.Corrupt => StatusCodes.Status400BadRequest,
        EngineError.Busy => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status500InternalServerError,
    };
}
