using Microsoft.Data.Sqlite;
using TfeBackup.Workflows;

namespace TfeBackup.Local.Runtime;

/// <summary>
/// The journal's tables. Times are UTC ticks. An operation moves in one transaction that appends to its history, takes what it was told
/// out of its inbox, and adds what it asks for; so a process may be killed at any point and leaves either all of a move or none.
/// </summary>
internal static class JournalSchema
{
    private const int Version = 1;

    // "tfeb": tells a journal from somebody else's SQLite file.
    private const int ApplicationId = 0x74666562;

    private const string Tables = """
        CREATE TABLE instance (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            input TEXT NOT NULL,
            state INTEGER NOT NULL,
            status TEXT,
            output TEXT,
            failure TEXT,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            finished INTEGER,
            sequence INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX instance_running ON instance (id) WHERE state = 0;

        CREATE TABLE history (
            instance TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            time INTEGER NOT NULL,
            task INTEGER NOT NULL,
            name TEXT NOT NULL,
            payload TEXT NOT NULL,
            PRIMARY KEY (instance, sequence)
        ) WITHOUT ROWID;

        -- What operations are yet to be told. A timer is told of at its due time.
        CREATE TABLE inbox (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            instance TEXT NOT NULL,
            due INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            task INTEGER NOT NULL,
            name TEXT NOT NULL,
            payload TEXT NOT NULL
        );
        CREATE INDEX inbox_due ON inbox (due);
        CREATE INDEX inbox_instance ON inbox (instance, due);

        -- Activities scheduled or running. Every begin takes the next lease number; an end counts only under the current one.
        CREATE TABLE activity (
            instance TEXT NOT NULL,
            task INTEGER NOT NULL,
            name TEXT NOT NULL,
            input TEXT NOT NULL,
            starts INTEGER NOT NULL DEFAULT 0,
            lease INTEGER NOT NULL DEFAULT 0,
            owner TEXT,
            expires INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER,
            total INTEGER,
            PRIMARY KEY (instance, task)
        ) WITHOUT ROWID;

        CREATE TABLE claim (
            resource TEXT NOT NULL,
            operation TEXT NOT NULL,
            exclusive INTEGER NOT NULL,
            PRIMARY KEY (resource, operation)
        ) WITHOUT ROWID;
        """;

    /// <summary>Creates the tables in a new file, and refuses a file that is something else or newer.</summary>
    public static void Ensure(SqliteConnection connection, string path)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        var applicationId = connection.Scalar<long>("PRAGMA application_id");
        var version = connection.Scalar<long>("PRAGMA user_version");
        if (applicationId == 0 && version == 0 && connection.Scalar<long>("SELECT count(*) FROM sqlite_master") == 0)
        {
            connection.Execute(Tables);
            connection.Execute($"PRAGMA application_id = {ApplicationId}");
            connection.Execute($"PRAGMA user_version = {Version}");
            transaction.Commit();
            return;
        }

        if (applicationId != ApplicationId)
        {
            throw new WorkflowException(
                WorkflowError.InvalidConfiguration, $"{path} is an SQLite database but not a journal of tfe-backup; State:Path must name a journal or a file that does not exist.");
        }

        if (version != Version)
        {
            throw new WorkflowException(
                WorkflowError.Unsupported, $"{path} is a journal of version {version}; this version of the software reads version {Version}.");
        }
    }
}
