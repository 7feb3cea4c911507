namespace DurableTask.Sqlite;

/// <summary>The reason a database file cannot be used.</summary>
public enum SqliteOrchestrationError
{
    /// <summary>The file is something else than a database of this package. It is left as it is.</summary>
    ForeignFile,

    /// <summary>The file was written by a newer version of this package. It is left as it is.</summary>
    NewerSchema,

    /// <summary>The file cannot be created, opened or read.</summary>
    Unavailable,
}
