using System.Globalization;

namespace TfeBackup.Workflows.Operations;

/// <summary>Ids of operations: readable, at most 100 characters, and for scheduled ones decided by what is due.</summary>
public static class OperationIds
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>
    /// The id of the backup due at a time, <c>backup-&lt;installation&gt;-&lt;due time&gt;</c>: a doubled or late tick asks for an operation that is there already.
    /// </summary>
    public static string ScheduledBackup(string installation, DateTimeOffset due) => Scheduled(OperationKind.Backup, installation, due);

    /// <summary>The id of whatever is due at a time, <c>&lt;kind&gt;-&lt;installation&gt;-&lt;due time&gt;</c>.</summary>
    public static string Scheduled(OperationKind kind, string installation, DateTimeOffset due) =>
        $"{kind.ToString().ToLowerInvariant()}-{installation}-{Format(due)}";

    /// <summary>A new id for something an operator asks for.</summary>
    public static string Requested(OperationKind kind, string installation, DateTimeOffset now) =>
        $"{kind.ToString().ToLowerInvariant()}-{installation}-{Format(now)}-{Guid.NewGuid().ToString("N")[..6]}";

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
