using Npgsql;
using TfeBackup.Archive;
using TfeBackup.Engine;

namespace TfeBackup.Workflows.Installations;

/// <summary>What failures of the engine are to operations.</summary>
internal static class EngineFailures
{
    /// <summary>The kind of a failure; null for what is none of the engine's: the store's failures, a cancellation.</summary>
    public static WorkflowError? KindOf(Exception exception) => exception switch
    {
        ArchiveException { Error: ArchiveError.WrongPassword } => WorkflowError.WrongPassword,
        ArchiveException { Error: ArchiveError.Corrupt } => WorkflowError.Corrupt,
        ArchiveException { Error: ArchiveError.Unsupported } => WorkflowError.Unsupported,
        ArchiveException => WorkflowError.InvalidRequest,
        EngineException { Error: var engine } => engine switch
        {
            EngineError.InvalidRequest => WorkflowError.InvalidConfiguration,
            EngineError.Unsupported => WorkflowError.Unsupported,
            EngineError.SchemaMismatch => WorkflowError.SchemaMismatch,
            EngineError.TargetNotEmpty => WorkflowError.TargetNotEmpty,
            EngineError.Busy => WorkflowError.Busy,
            EngineError.CorruptSource => WorkflowError.Corrupt,
            EngineError.CommandFailed => WorkflowError.Refused,
            EngineError.TimedOut => WorkflowError.TimedOut,
            _ => WorkflowError.Unavailable,
        },
        NpgsqlException => WorkflowError.Unavailable,
        _ => null,
    };
}
