using System.Globalization;

namespace TfeBackup.Operations.Model;

/// <summary>Ids of operations: readable, at most 100 characters, and for scheduled ones decided by what is due.</summary>
public static class OperationIds
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>
    /// The id of what is due at a time, <c>&lt;kind&gt;-&lt;installation&gt;-&lt;due time&gt;</c>: a doubled or late tick asks for an operation that is there already.
    /// </summary>
    public static string Scheduled(OperationKind kind, string installation, DateTimeOffset due) =>
        $"{kind.ToString().ToLowerInvariant()}-{installation}-{Format(due)}";

    /// <summary>A pattern of <c>*</c> and <c>?</c> that matches the ids of scheduled operations and no others.</summary>
    public const string ScheduledPattern = "*-????????T??????Z";

    /// <summary>Gets whether an operation was scheduled; ids of requested operations end differently.</summary>
    public static bool IsScheduled(string operationId)
    {
        ArgumentNullException.ThrowIfNull(operationId);
        return operationId.Length > 17 && operationId[^17] == '-'
            && DateTime.TryParseExact(operationId.AsSpan(operationId.Length - 16), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
    }

    /// <summary>A new id for something an operator asks for.</summary>
    public static string Requested(OperationKind kind, string installation, DateTimeOffset now) =>
        $"{kind.ToString().ToLowerInvariant()}-{installation}-{Format(now)}-{Guid.NewGuid().ToString("N")[..6]}";

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
