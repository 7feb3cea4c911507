using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite.Storage;

/// <summary>The tables. Times are UTC ticks, payloads are JSON. README.md describes them.</summary>
internal static class Schema
{
    public const int Version = 1;

    /// <summary>"dtsq": tells a database of this package from any other.</summary>
    public const int ApplicationId = 0x64747371;

    private const string Tables = """
        -- Processes that work on this file. A lock counts as long as its worker is listed.
        CREATE TABLE worker (
            id TEXT NOT NULL PRIMARY KEY,
            expires INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- lock counts the times it was locked: a holder that was replaced knows an older number and can commit nothing.
        CREATE TABLE instance (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            execution_id TEXT NOT NULL,
            name TEXT NOT NULL,
            version TEXT,
            status INTEGER NOT NULL,
            ended INTEGER NOT NULL DEFAULT 0,
            input TEXT,
            output TEXT,
            custom_status TEXT,
            failure TEXT,
            tags TEXT,
            parent TEXT,
            parent_id TEXT,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            completed INTEGER,
            scheduled INTEGER,
            available INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            locked_by TEXT,
            lock INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX instance_parent ON instance (parent_id) WHERE parent_id IS NOT NULL;
        CREATE INDEX instance_locked ON instance (locked_by) WHERE locked_by IS NOT NULL;

        CREATE TABLE history (
            instance_id TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (instance_id, sequence)
        ) WITHOUT ROWID;

        -- What instances are yet to be told. A timer is told of when it is due.
        CREATE TABLE message (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL,
            execution_id TEXT,
            due INTEGER NOT NULL,
            message TEXT NOT NULL
        );
        CREATE INDEX message_due ON message (due);
        CREATE INDEX message_instance ON message (instance_id, due);

        -- Activities scheduled or running.
        CREATE TABLE task (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL,
            execution_id TEXT,
            name TEXT NOT NULL,
            message TEXT NOT NULL,
            available INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            locked_by TEXT,
            lock INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX task_ready ON task (available) WHERE locked_by IS NULL;
        CREATE INDEX task_locked ON task (locked_by) WHERE locked_by IS NOT NULL;
        CREATE INDEX task_instance ON task (instance_id);
        """;

    /// <summary>Creates the tables in an empty file, and refuses a file that is something else or newer without changing it.</summary>
    public static void Ensure(SqliteConnection connection, string path)
    {
        if (!IsReadyNow(connection, path))
        {
            // Both take effect only before the first table is created.
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL");
            _ = connection.Scalar<string>("PRAGMA journal_mode = WAL");
            using var transaction = connection.BeginTransaction(deferred: false);
            if (!IsReady(connection, path))
            {
                connection.Execute(Tables);
                connection.Execute($"PRAGMA application_id = {ApplicationId}");
                connection.Execute($"PRAGMA user_version = {Version}");
            }

            transaction.Commit();
        }
    }

    private static bool IsReadyNow(SqliteConnection connection, string path)
    {
        // In one snapshot: another process may be creating the tables.
        using var transaction = connection.BeginTransaction(deferred: true);
        return IsReady(connection, path);
    }

    private static bool IsReady(SqliteConnection connection, string path)
    {
        var applicationId = connection.Scalar<long>("PRAGMA application_id");
        var version = connection.Scalar<long>("PRAGMA user_version");
        if (applicationId == 0 && version == 0 && connection.Scalar<long>("SELECT count(*) FROM sqlite_master") == 0)
        {
            return false;
        }

        if (applicationId != ApplicationId)
        {
            throw new SqliteOrchestrationException(
                SqliteOrchestrationError.ForeignFile,
                $"{path} is an SQLite database, but not one of DurableTask.Sqlite: its application id is 0x{applicationId:x8}, expected 0x{ApplicationId:x8}. It was not changed; use another file, or move this one away.");
        }

        if (version != Version)
        {
            throw new SqliteOrchestrationException(
                SqliteOrchestrationError.NewerSchema,
                $"{path} has schema version {version}; this version of DurableTask.Sqlite knows version {Version}. It was not changed; use the version that wrote it, or a newer one.");
        }

        return true;
    }
}
