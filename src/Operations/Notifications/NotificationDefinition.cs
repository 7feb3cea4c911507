using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Notifications;

/// <summary><c>Notifications:&lt;name&gt;</c>: who is told how operations end.</summary>
/// <param name="Name">The key it is configured under.</param>
/// <param name="Kind"><c>Kind</c>.</param>
/// <param name="Url"><c>UrlSecret</c>: names the secret that holds the address. An address of this sort lets anybody post who knows it.</param>
/// <param name="SigningKey"><c>SigningSecret</c>: names the secret that holds the key that webhooks are signed with; null for other kinds.</param>
/// <param name="On"><c>On</c>: of which outcomes. Default: <see cref="NotificationTrigger.Failed"/>.</param>
public sealed record NotificationDefinition(
    string Name, NotificationKind Kind, SecretReference Url, SecretReference? SigningKey, IReadOnlyList<NotificationTrigger> On);
