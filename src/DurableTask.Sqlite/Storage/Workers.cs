using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite.Storage;

/// <summary>The processes that work on a file, and what they have locked.</summary>
internal static class Workers
{
    /// <summary>Shows that a worker lives.</summary>
    /// <returns>True if it was listed; if not, it was taken for dead and has lost its locks.</returns>
    public static bool Renew(SqliteConnection connection, string worker, DateTime expires)
    {
        if (connection.Execute("UPDATE worker SET expires = $expires WHERE id = $id", ("$id", worker), ("$expires", expires.Ticks)) == 1)
        {
            return true;
        }

        connection.Execute("INSERT INTO worker (id, expires) VALUES ($id, $expires)", ("$id", worker), ("$expires", expires.Ticks));
        return false;
    }

    public static List<(string Id, DateTime Expires)> List(SqliteConnection connection) =>
        connection.Rows("SELECT id, expires FROM worker", reader => (reader.GetString(0), reader.Time(1)));

    /// <summary>Takes a worker off the list, and its locks away, unless it has shown meanwhile that it lives.</summary>
    public static bool Remove(SqliteConnection connection, string worker, DateTime expires)
    {
        if (connection.Execute("DELETE FROM worker WHERE id = $id AND expires = $expires", ("$id", worker), ("$expires", expires.Ticks)) == 0)
        {
            return false;
        }

        Unlock(connection, worker);
        return true;
    }

    /// <summary>Removes a worker that stopped cleanly: what it gave up does not count as an attempt.</summary>
    public static void Leave(SqliteConnection connection, string worker)
    {
        connection.Execute("DELETE FROM worker WHERE id = $id", ("$id", worker));
        connection.Execute("UPDATE task SET attempts = attempts - 1 WHERE locked_by = $id", ("$id", worker));
        Unlock(connection, worker);
    }

    private static void Unlock(SqliteConnection connection, string worker)
    {
        connection.Execute("UPDATE instance SET locked_by = NULL WHERE locked_by = $id", ("$id", worker));
        connection.Execute("UPDATE task SET locked_by = NULL WHERE locked_by = $id", ("$id", worker));
    }
}
