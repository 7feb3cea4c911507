using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Workflows.Configuration;

/// <summary>Reads <c>Notifications</c>.</summary>
internal static class NotificationReader
{
    public static IReadOnlyList<NotificationDefinition> ReadAll(ConfigurationNode node)
    {
        var notifications = new List<NotificationDefinition>();
        foreach (var name in node.Keys)
        {
            if (InstallationName.IsValid(name))
            {
                notifications.Add(Read(name, node.Child(name)));
            }
            else
            {
                node.Fault(name, $"is not a notification's name; expected {InstallationName.Rule}");
            }
        }

        return notifications;
    }

    private static NotificationDefinition Read(string name, ConfigurationNode node)
    {
        node.AllowOnly("Kind", "UrlSecret", "SigningSecret", "On");
        var kind = node.Choice<NotificationKind>("Kind", fallback: null);
        var url = node.Required("UrlSecret", "the name of the secret that holds the webhook's address");
        var signing = node.Text("SigningSecret");
        if (node.Text("Kind") is not null && kind == NotificationKind.Webhook != signing is not null)
        {
            node.Fault(
                "SigningSecret",
                kind == NotificationKind.Webhook
                    ? "is missing; expected the name of the secret that holds the key that webhooks are signed with"
                    : $"is set; expected none, since {kind} knows no signatures");
        }

        return new NotificationDefinition(
            name, kind, new SecretReference(url), signing is null ? null : new SecretReference(signing), ReadTriggers(node.Child("On")));
    }

    private static List<NotificationTrigger> ReadTriggers(ConfigurationNode node)
    {
        var triggers = node.Keys.Select(key => node.Choice<NotificationTrigger>(key, fallback: null)).Distinct().ToList();
        if (node.Exists && triggers.Count == 0)
        {
            node.Fault(null, $"is not a list; expected one of {string.Join(", ", Enum.GetNames<NotificationTrigger>())}");
        }

        return triggers.Count == 0 ? [NotificationTrigger.Failed] : triggers;
    }
}
