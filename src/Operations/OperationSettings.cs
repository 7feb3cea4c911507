using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;

namespace TfeBackup.Operations;

/// <summary>The configuration of operations in a host.</summary>
public sealed record OperationSettings
{
    /// <summary>The installations.</summary>
    public required IReadOnlyCollection<InstallationDefinition> Installations { get; init; }

    /// <summary>The notifications to send when operations end; may be empty.</summary>
    public IReadOnlyList<NotificationDefinition> Notifications { get; init; } = [];

    /// <summary>The time an operation is kept after its end.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(90);

    /// <summary>The secrets that notifications need.</summary>
    public IReadOnlyCollection<SecretReference> NotificationSecrets() =>
        [.. Notifications.SelectMany(notification => (SecretReference?[])[notification.Url, notification.SigningKey]).OfType<SecretReference>()];
}
