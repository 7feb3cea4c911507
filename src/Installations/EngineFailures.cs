using System.Collections.Frozen;
using Npgsql;
using TfeBackup.Archive;
using TfeBackup.Engine;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations;

/// <summary>
/// The one mapping of failures of archive and engine to those of operations, whether an exception brings them or, by the same names, the problem details
/// of this project's service.
/// </summary>
internal static class EngineFailures
{
    private static readonly FrozenDictionary<string, OperationError> Errors = new Dictionary<string, OperationError>(
        Enum.GetValues<ArchiveError>().Select(error => KeyValuePair.Create(error.ToString(), FailureTable.Of(error))))
    {
        [nameof(EngineError.InvalidRequest)] = OperationError.InvalidRequest,
        [nameof(EngineError.InvalidConfiguration)] = OperationError.InvalidConfiguration,
        [nameof(EngineError.Unsupported)] = OperationError.Unsupported,
        [nameof(EngineError.SchemaMismatch)] = OperationError.SchemaMismatch,
        [nameof(EngineError.TargetNotEmpty)] = OperationError.TargetNotEmpty,
        [nameof(EngineError.Busy)] = OperationError.Busy,
        [nameof(EngineError.CorruptSource)] = OperationError.Corrupt,
        [nameof(EngineError.Corrupt)] = OperationError.Corrupt,
        [nameof(EngineError.Unavailable)] = OperationError.Unavailable,
        [nameof(EngineError.CommandFailed)] = OperationError.Refused,
        [nameof(EngineError.TimedOut)] = OperationError.TimedOut,

        // Problems of the service itself: not configured, or stopped in mid-operation.
        ["NotConfigured"] = OperationError.InvalidConfiguration,
        ["Interrupted"] = OperationError.Unavailable,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets the category of an exception; null for what is none of the engine's: the store's failures, a cancellation.</summary>
    public static OperationError? KindOf(Exception exception) => exception switch
    {
        ArchiveException e => KindOf(e.Error.ToString()),
        EngineException e => KindOf(e.Error.ToString()),
        NpgsqlException => OperationError.Unavailable,
        _ => null,
    };

    /// <summary>Gets the category of a failure by the name that archive, engine and service give it, in any case; null for a name that none of them has.</summary>
    public static OperationError? KindOf(string name) => Errors.TryGetValue(name, out var error) ? error : null;
}
