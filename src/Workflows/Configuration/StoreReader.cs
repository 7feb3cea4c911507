namespace TfeBackup.Workflows.Configuration;

/// <summary>Reads <c>Store</c>, <c>Secrets</c> and <c>State</c>.</summary>
internal static class StoreReader
{
    private static readonly TimeSpan ShortestKeeping = TimeSpan.FromDays(1);

    public static StoreDefinition ReadStore(ConfigurationNode node)
    {
        node.AllowOnly("Kind", "Path", "ConnectionString", "ServiceUri", "Container", "AccessTier", "IndexTags");
        var store = new StoreDefinition
        {
            Kind = node.Choice<StoreKind>("Kind", fallback: null),
            Path = node.FilePath("Path"),
            ConnectionString = node.Text("ConnectionString"),
            ServiceUri = node.HttpUri("ServiceUri"),
            Container = node.Text("Container"),
            AccessTier = ReadAccessTier(node),
            IndexTags = node.Flag("IndexTags"),
        };
        if (node.Text("Kind") is null)
        {
            return store;
        }

        if (store.Kind == StoreKind.Directory)
        {
            _ = node.Required("Path", "the directory that backups are kept in");
            if (store.AccessTier is not null || store.IndexTags)
            {
                node.Fault(store.AccessTier is null ? "IndexTags" : "AccessTier", "is not a setting of a directory; expected it with AzureBlob only");
            }
        }
        else
        {
            _ = node.Required("Container", "the name of the Blob container that backups are kept in");
            if (node.Text("ConnectionString") is null == node.Text("ServiceUri") is null)
            {
                node.Fault("ConnectionString", "expected either this or ServiceUri (with default credentials)");
            }
        }

        return store;
    }

    public static SecretsDefinition ReadSecrets(ConfigurationNode node)
    {
        node.AllowOnly("Kind", "Path", "VaultUri");
        var secrets = new SecretsDefinition(
            node.Choice<SecretsKind>("Kind", SecretsKind.Environment), node.FilePath("Path"), node.HttpUri("VaultUri"));
        if (secrets.Kind == SecretsKind.File)
        {
            _ = node.Required("Path", "the file that holds the secrets, readable by its owner only");
        }

        if (secrets.Kind == SecretsKind.KeyVault)
        {
            _ = node.Required("VaultUri", "the Key Vault's address, https://<name>.vault.azure.net");
            if (secrets.VaultUri is { Scheme: not "https" } or { PathAndQuery: not "/" })
            {
                node.Fault("VaultUri", "is not a Key Vault's address; expected https://<name>.vault.azure.net");
            }
        }

        return secrets;
    }

    public static StateDefinition ReadState(ConfigurationNode node)
    {
        node.AllowOnly("Path");
        return new StateDefinition(node.FilePath("Path"));
    }

    public static OperationsDefinition ReadOperations(ConfigurationNode node)
    {
        node.AllowOnly("KeepFor");
        var keepFor = node.Duration("KeepFor");
        if (keepFor < ShortestKeeping)
        {
            node.Fault("KeepFor", $"is {keepFor}; expected a day or more, or nobody could read what came of last night's backup");
        }

        return keepFor is { } time ? new OperationsDefinition { KeepFor = time } : new OperationsDefinition();
    }

    private static StoreAccessTier? ReadAccessTier(ConfigurationNode node)
    {
        var text = node.Text("AccessTier");
        if (text is null)
        {
            return null;
        }

        if (string.Equals(text, "Archive", StringComparison.OrdinalIgnoreCase))
        {
            node.Fault(
                "AccessTier", "is Archive, where a backup could be neither verified nor restored before hours of rehydration; expected Hot, Cool or Cold");
            return null;
        }

        return node.Choice<StoreAccessTier>("AccessTier", fallback: StoreAccessTier.Hot);
    }
}
