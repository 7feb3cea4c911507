namespace TfeBackup.Operations.Notifications;

/// <summary>The kind of a notification's receiver.</summary>
public enum NotificationKind
{
    /// <summary>A signed JSON document, as standardwebhooks.com has them.</summary>
    Webhook,

    /// <summary>An Adaptive Card to a webhook of a Teams workflow.</summary>
    Teams,
}
