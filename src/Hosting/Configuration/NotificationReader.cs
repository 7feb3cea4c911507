using TfeBackup.Engine.Settings;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;

namespace TfeBackup.Hosting.Configuration;

/// <summary>Reads <c>Notifications</c>.</summary>
internal static class NotificationReader
{
    public static IReadOnlyList<NotificationDefinition> ReadAll(SettingsNode node)
    {
        var notifications = new List<NotificationDefinition>();
        foreach (var name in node.ReadNames())
        {
            if (InstallationName.IsValid(name))
            {
                notifications.Add(Read(name, node.Section(name)));
            }
            else
            {
                node.Refuse(name, $" is not a notification's name; expected {InstallationName.Rule}");
            }
        }

        return notifications;
    }

    private static NotificationDefinition Read(string name, SettingsNode node)
    {
        var kind = node.Choice<NotificationKind>("Kind", required: true);
        var url = node.Required("UrlSecret", "the name of the secret that holds the webhook's address");
        var signing = node.Text("SigningSecret");
        if (kind == NotificationKind.Webhook && signing is null)
        {
            node.AddError("SigningSecret", "the name of the secret that holds the key that webhooks are signed with");
        }
        else if (kind == NotificationKind.Teams && signing is not null)
        {
            node.NotAllowed("SigningSecret", $"when Kind is {kind}");
        }

        var triggers = node.Choices<NotificationTrigger>("On");
        return new NotificationDefinition(
            name, kind ?? default, new SecretReference(url), signing is null ? null : new SecretReference(signing), triggers.Count == 0 ? [NotificationTrigger.Failed] : triggers);
    }
}
