namespace TfeBackup.Azure.Restarts;

/// <summary>Recognises Run Command resources that this software left and that no process waits for any more.</summary>
internal static class RunCommandLeftovers
{
    /// <summary>The prefix of the resources' names.</summary>
    public const string Prefix = "tfe-backup-";

    /// <summary>The tag that says until when somebody may wait for it (UTC, RFC 3339).</summary>
    public const string ExpiryTag = "tfe-backup-until";

    public static bool IsLeftover(string name, DateTimeOffset? expires, DateTimeOffset now) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && expires < now;
}
