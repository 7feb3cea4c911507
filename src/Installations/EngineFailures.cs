using Npgsql;
using TfeBackup.Archive;
using TfeBackup.Engine;
using TfeBackup.Operations.Model;

namespace TfeBackup.Installations;

/// <summary>Maps failures of the engine to those of operations.</summary>
internal static class EngineFailures
{
    /// <summary>The kind of a failure; null for what is none of the engine's: the store's failures, a cancellation.</summary>
    public static OperationError? KindOf(Exception exception) => exception switch
    {
        ArchiveException { Error: ArchiveError.WrongPassword } => OperationError.WrongPassword,
        ArchiveException { Error: ArchiveError.Corrupt } => OperationError.Corrupt,
        ArchiveException { Error: ArchiveError.Unsupported } => OperationError.Unsupported,
        ArchiveException => OperationError.InvalidRequest,
        EngineException { Error: var engine } => engine switch
        {
            EngineError.InvalidRequest or EngineError.InvalidConfiguration => OperationError.InvalidConfiguration,
            EngineError.Unsupported => OperationError.Unsupported,
            EngineError.SchemaMismatch => OperationError.SchemaMismatch,
            EngineError.TargetNotEmpty => OperationError.TargetNotEmpty,
            EngineError.Busy => OperationError.Busy,
            EngineError.CorruptSource or EngineError.Corrupt => OperationError.Corrupt,
            EngineError.CommandFailed => OperationError.Refused,
            EngineError.TimedOut => OperationError.TimedOut,
            _ => OperationError.Unavailable,
        },
        NpgsqlException => OperationError.Unavailable,
        _ => null,
    };
}
