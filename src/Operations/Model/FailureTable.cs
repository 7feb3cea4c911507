using System.Collections.Frozen;
using TfeBackup.Archive;

namespace TfeBackup.Operations.Model;

/// <summary>
/// The one table of failures: how each category is answered over HTTP, and which code a command line exits with; and the category of
/// an archive's failure. The engine's come into these categories where installations are reached.
/// </summary>
public static class FailureTable
{
    /// <summary>A category, how HTTP answers it, and the exit code.</summary>
    /// <param name="Error">The category.</param>
    /// <param name="HttpStatus">The HTTP status.</param>
    /// <param name="ExitCode">The exit code: 1 where nothing is to be told apart, 2 where the request or the configuration has to be corrected.</param>
    public sealed record Row(OperationError Error, int HttpStatus, int ExitCode);

    private static readonly FrozenDictionary<OperationError, Row> ByError = new Row[]
    {
        new(OperationError.Internal, 500, 1),
        new(OperationError.InvalidRequest, 400, 2),
        new(OperationError.InvalidConfiguration, 503, 2),
        new(OperationError.NotFound, 404, 7),
        new(OperationError.AlreadyExists, 409, 1),
        new(OperationError.Busy, 409, 6),
        new(OperationError.Conflict, 409, 1),
        new(OperationError.TargetNotEmpty, 409, 8),
        new(OperationError.Refused, 502, 1),
        new(OperationError.WrongPassword, 500, 9),
        new(OperationError.Corrupt, 500, 1),
        new(OperationError.SchemaMismatch, 500, 1),
        new(OperationError.Unsupported, 400, 1),
        new(OperationError.Immutable, 409, 1),
        new(OperationError.Unavailable, 503, 1),
        new(OperationError.Incomplete, 500, 1),
        new(OperationError.Indeterminate, 500, 1),
        new(OperationError.TimedOut, 500, 1),
        new(OperationError.Cancelled, 500, 5),
        new(OperationError.NonDeterministic, 500, 1),
    }.ToFrozenDictionary(row => row.Error);

    /// <summary>All rows, in the order of the categories.</summary>
    public static IReadOnlyList<Row> Rows { get; } = [.. ByError.Values.OrderBy(row => row.Error)];

    /// <summary>Gets the row of a category.</summary>
    public static Row Of(OperationError error) => ByError[error];

    /// <summary>Gets the category of an archive's failure.</summary>
    public static OperationError Of(ArchiveError error) => error switch
    {
        ArchiveError.WrongPassword => OperationError.WrongPassword,
        ArchiveError.Corrupt => OperationError.Corrupt,
        ArchiveError.Unsupported => OperationError.Unsupported,
        _ => OperationError.InvalidRequest,
    };
}
