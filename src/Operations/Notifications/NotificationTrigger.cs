namespace TfeBackup.Operations.Notifications;

/// <summary>An event that a notification is sent for.</summary>
public enum NotificationTrigger
{
    /// <summary>An operation failed.</summary>
    Failed,

    /// <summary>An operation ended well, with or without warnings.</summary>
    Completed,

    /// <summary>An operation ended well, with warnings.</summary>
    Warned,

    /// <summary>An operator cancelled an operation.</summary>
    Cancelled,

    /// <summary>An operation was due and did not run because another one was in its way.</summary>
    Skipped,
}
