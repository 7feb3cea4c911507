using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Turns PostgreSQL's and Npgsql's errors into ones an operator can act on.</summary>
internal static class DatabaseErrors
{
    /// <summary>Translates the error of a statement that deals with definitions only.</summary>
    /// <param name="error">What Npgsql threw.</param>
    /// <param name="doing">What was being done, to follow "while": <c>reading the catalogue</c>.</param>
    public static EngineException Translate(NpgsqlException error, string doing) =>
        Translate(error, doing, static refusal => $"{refusal.MessageText.TrimEnd('.')} (SQLSTATE {refusal.SqlState})", error);

    /// <summary>
    /// Translates the error of a statement that deals with rows. PostgreSQL quotes rows and values in some of its messages,
    /// in their details and in their contexts; so only messages known to hold names are passed on, and the original never is.
    /// </summary>
    /// <param name="error">What Npgsql threw.</param>
    /// <param name="doing">What was being done, to follow "while": <c>loading table public.users</c>.</param>
    /// <param name="linesBefore">How many lines of the table came before those the error counts.</param>
    public static EngineException TranslateForRows(NpgsqlException error, string doing, long linesBefore = 0) =>
        Translate(error, doing, refusal => DescribeForRows(refusal, linesBefore), null);

    private static EngineException Translate(NpgsqlException error, string doing, Func<PostgresException, string> describe, Exception? refusalCause)
    {
        if (error is not PostgresException refusal)
        {
            return new EngineException(
                EngineError.Unavailable, $"The connection to PostgreSQL failed while {doing}: {error.Message}", error);
        }

        var (kind, hint) = Classify(refusal.SqlState);
        return new EngineException(kind, $"PostgreSQL failed while {doing}: {describe(refusal)}.{hint}", refusalCause);
    }

    private static string DescribeForRows(PostgresException error, long linesBefore)
    {
        var text = IsPublic(error.SqlState) ? error.MessageText.TrimEnd('.') : "it refused a value (not shown here)";
        var place = new List<string>();
        if (!string.IsNullOrEmpty(error.TableName))
        {
            place.Add($"table {error.SchemaName}.{error.TableName}");
        }

        if (!string.IsNullOrEmpty(error.ColumnName))
        {
            place.Add($"column {error.ColumnName}");
        }

        if (!string.IsNullOrEmpty(error.ConstraintName))
        {
            place.Add($"constraint {error.ConstraintName}");
        }

        if (CopyLine(error.Where) is { } line)
        {
            place.Add(string.Create(CultureInfo.InvariantCulture, $"line {line + linesBefore} of the table's data"));
        }

        place.Add($"SQLSTATE {error.SqlState}");
        return $"{text} ({string.Join(", ", place)})";
    }

    // 22 data exceptions quote the value, P0 and unknown classes say what a user's function wants them to say.
    private static bool IsPublic(string state) =>
        state[..2] is "08" or "0A" or "23" or "25" or "28" or "3D" or "3F" or "40" or "42" or "53" or "54" or "55" or "57" or "58";

    private static (EngineError, string Hint) Classify(string state) => state switch
    {
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected => (EngineError.Busy, " Try again when the other session has ended."),
        PostgresErrorCodes.TooManyConnections => (EngineError.Unavailable, " Lower the number of connections a backup uses, or raise max_connections."),
        PostgresErrorCodes.OutOfMemory => (EngineError.Unavailable, " If it speaks of shared memory, raise max_locks_per_transaction."),
        PostgresErrorCodes.ProgramLimitExceeded => (EngineError.Unsupported, " A row of more than 1 GB as text cannot be carried."),
        PostgresErrorCodes.InsufficientPrivilege => (EngineError.Unsupported, " Connect as the owner of the installation's tables."),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => (EngineError.CorruptSource, ""),
        _ => state[..2] switch
        {
            "08" or "25" or "28" or "3D" or "53" or "57" or "58" => (EngineError.Unavailable, ""),
            _ => (EngineError.Unsupported, ""),
        },
    };

    /// <summary>The line number out of <c>COPY users, line 12, column name: "value"</c>; the rest may hold values.</summary>
    private static long? CopyLine(string? where)
    {
        const string mark = ", line ";
        if (where is null || !where.StartsWith("COPY ", StringComparison.Ordinal))
        {
            return null;
        }

        var start = where.IndexOf(mark, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        var digits = where.AsSpan(start + mark.Length);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? line : null;
    }
}
