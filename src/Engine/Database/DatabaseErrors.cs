using System.Globalization;
using Npgsql;
using TfeBackup.Engine.Connections;

namespace TfeBackup.Engine.Database;

/// <summary>Translates PostgreSQL's and Npgsql's errors into ones an operator can act on.</summary>
internal static class DatabaseErrors
{
    /// <summary>The key in an exception's data of PostgreSQL's context: the functions that were running.</summary>
    private const string Context = "PostgreSQL's context";

    /// <summary>Adds to a refusal which event triggers, of those there are, may be behind it; other failures stay as they are.</summary>
    public static EngineException Explain(EngineException failure, IReadOnlyList<EventTrigger> triggers)
    {
        if (triggers.Count == 0 || failure.Data[Context] is not string context)
        {
            return failure;
        }

        var running = triggers.Where(trigger => context.Contains(trigger.FunctionName, StringComparison.Ordinal)).ToList();
        return new EngineException(
            failure.Error,
            $"{failure.Message} Event triggers run on the restore's commands{(running.Count > 0 ? " and refuse them" : " and may refuse them")}: "
            + $"{SchemaComparison.Join([.. (running.Count > 0 ? running : triggers).Select(static trigger => trigger.ToString())])}. "
            + "A superuser can disable them during the restore (ALTER EVENT TRIGGER … DISABLE).",
            failure.InnerException);
    }

    /// <summary>
    /// True if an exception says that a connection is gone. Npgsql says so the first time it is used; afterwards it only complains that the
    /// connection is not open.
    /// </summary>
    public static bool IsLostConnection(Exception error) =>
        error is (NpgsqlException and not PostgresException) or IOException or InvalidOperationException { Source: "Npgsql" };

    /// <summary>The exception for a connection that is gone.</summary>
    /// <param name="error">The exception.</param>
    /// <param name="doing">The action, to follow "while".</param>
    public static EngineException LostConnection(Exception error, string doing) =>
        new(EngineError.Unavailable, $"The connection to PostgreSQL was lost while {doing}: {error.Message}", error);

    /// <summary>Translates the error of a statement that deals with definitions only.</summary>
    /// <param name="error">Npgsql's exception.</param>
    /// <param name="doing">The action, to follow "while": <c>reading the catalogue</c>.</param>
    public static EngineException Translate(NpgsqlException error, string doing) =>
        Translate(error, doing, static refusal => $"{refusal.MessageText.TrimEnd('.')} (SQLSTATE {refusal.SqlState})", error);

    /// <summary>The same for rows of a backup: a value that PostgreSQL cannot read is the backup's fault.</summary>
    public static EngineException TranslateForLoad(NpgsqlException error, string doing, long linesBefore)
    {
        var failure = TranslateForRows(error, doing, linesBefore);
        return error.SqlState switch
        {
            "23514" or "23502" => new EngineException(
                failure.Error,
                $"{failure.Message} If the source itself breaks that constraint, \"not_valid\" in config restores it as NOT VALID (NOT NULL requires PostgreSQL 18)."),
            ['2', '2', ..] => new EngineException(EngineError.Corrupt, failure.Message),
            _ => failure,
        };
    }

    /// <summary>
    /// Translates the error of a statement that deals with rows. PostgreSQL quotes rows and values in some of its messages,
    /// in their details and in their contexts; so only messages known to hold names are passed on, and the original never is.
    /// </summary>
    /// <param name="error">Npgsql's exception.</param>
    /// <param name="doing">The action, to follow "while": <c>loading table public.users</c>.</param>
    /// <param name="linesBefore">The number of lines of the table before those the error counts.</param>
    public static EngineException TranslateForRows(NpgsqlException error, string doing, long linesBefore = 0) =>
        Translate(error, doing, refusal => DescribeForRows(refusal, linesBefore), null);

    /// <summary>Describes why a connection failed or was lost: Npgsql often only refers to an inner exception.</summary>
    public static string Describe(NpgsqlException error)
    {
        if (TlsFailure.Describe(error, "Host in Postgres", "'Root Certificate' in Postgres") is { } tls)
        {
            return tls;
        }

        var text = error.Message.Contains("password provider", StringComparison.Ordinal) && error.InnerException is { } cause
            ? $"there is no Entra ID token for it (PostgresEntra): {cause.Message}"
            : error.Message.Contains("No SSL enabled connection", StringComparison.Ordinal)
                ? "it does not speak TLS, and 'SSL Mode' in Postgres, or PostgresEntra, requires it"
                : error.Message;
        return text.Split('\n', 2)[0].TrimEnd('.', '\r', ' ');
    }

    private static EngineException Translate(NpgsqlException error, string doing, Func<PostgresException, string> describe, Exception? refusalCause)
    {
        if (error is not PostgresException refusal)
        {
            return new EngineException(
                EngineError.Unavailable, $"The connection to PostgreSQL failed while {doing}: {Describe(error)}.", error);
        }

        var (kind, hint) = Classify(refusal.SqlState);
        return new EngineException(kind, $"PostgreSQL failed while {doing}: {describe(refusal)}.{hint}", refusalCause)
        {
            Data = { [Context] = refusal.Where ?? "" },
        };
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
        PostgresErrorCodes.OutOfMemory => (EngineError.Unavailable, " If this is about shared memory, raise max_locks_per_transaction."),
        PostgresErrorCodes.ProgramLimitExceeded => (EngineError.Unsupported, " A row of more than 1 GB as text cannot be backed up."),
        PostgresErrorCodes.InsufficientPrivilege => (EngineError.Unsupported, " Connect as the owner of the installation's tables."),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => (EngineError.CorruptSource, ""),
        _ => state[..2] switch
        {
            "08" or "25" or "28" or "3D" or "53" or "57" or "58" => (EngineError.Unavailable, ""),
            "23" => (EngineError.SchemaMismatch, ""),
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
