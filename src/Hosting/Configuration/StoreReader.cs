using TfeBackup.Engine.Settings;

namespace TfeBackup.Hosting.Configuration;

/// <summary>Reads <c>Store</c>, <c>Secrets</c> and <c>State</c>.</summary>
internal static class StoreReader
{
    public static StoreDefinition ReadStore(SettingsNode node)
    {
        var kind = node.Choice<StoreKind>("Kind", required: true);
        var store = new StoreDefinition
        {
            Kind = kind ?? default,
            Path = node.FilePath("Path"),
            ConnectionString = node.Text("ConnectionString"),
            ServiceUri = node.Address("ServiceUri"),
            Container = node.Text("Container"),
            AccessTier = ReadAccessTier(node),
            IndexTags = node.Flag("IndexTags"),
        };
        if (kind == StoreKind.Directory)
        {
            _ = node.Required("Path", "the directory that backups are kept in");
            foreach (var key in ((string[])["AccessTier", "IndexTags"]).Where(node.Has))
            {
                node.NotAllowed(key, $"when Kind is {kind}");
            }
        }
        else if (kind == StoreKind.AzureBlob)
        {
            _ = node.Required("Container", "the name of the Blob container that backups are kept in");
            node.ExactlyOne("ConnectionString", "ServiceUri");
        }

        return store;
    }

    public static SecretsDefinition ReadSecrets(SettingsNode node)
    {
        var secrets = new SecretsDefinition(
            node.Choice<SecretsKind>("Kind") ?? SecretsKind.Environment, node.FilePath("Path"), node.Address("VaultUri"));
        if (secrets.Kind == SecretsKind.File)
        {
            _ = node.Required("Path", "the file that holds the secrets, readable by its owner only");
        }

        if (secrets.Kind == SecretsKind.KeyVault)
        {
            _ = node.Required("VaultUri", "the Key Vault's address, https://<name>.vault.azure.net");
            if (secrets.VaultUri is { Scheme: not "https" } or { PathAndQuery: not "/" })
            {
                node.AddSecretError("VaultUri", "the Key Vault's address, https://<name>.vault.azure.net");
            }
        }

        return secrets;
    }

    public static StateDefinition ReadState(SettingsNode node) => new(node.FilePath("Path"));

    private static StoreAccessTier? ReadAccessTier(SettingsNode node)
    {
        if (string.Equals(node.Text("AccessTier"), "Archive", StringComparison.OrdinalIgnoreCase))
        {
            node.AddError("AccessTier", "Hot or Cool or Cold: from Archive, a backup could be neither verified nor restored before hours of rehydration");
            return null;
        }

        return node.Choice<StoreAccessTier>("AccessTier");
    }
}
