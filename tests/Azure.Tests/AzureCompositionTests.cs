using Azure.Core;
using Microsoft.Extensions.Configuration;
using TfeBackup.Azure.Secrets;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Configuration;
using Xunit;

namespace TfeBackup.Azure.Tests;

public sealed class AzureCompositionTests
{
    private readonly AzureComposition _composition = new(new NeverAsked());

    [Fact]
    public void A_key_vault_and_a_container_are_made_without_asking_for_a_token()
    {
        var configuration = Read(
            ("Secrets:Kind", "KeyVault"), ("Secrets:VaultUri", "https://backups.vault.azure.net"),
            ("Store:Kind", "AzureBlob"), ("Store:ServiceUri", "https://backups.blob.core.windows.net"), ("Store:Container", "tfe"));

        var secrets = Assert.IsType<KeyVaultSecretSource>(_composition.CreateSecretSource(configuration));
        var store = Assert.IsType<BlobBackupStore>(_composition.CreateStore(configuration));

        Assert.Equal("https://backups.vault.azure.net", secrets.Description);
        Assert.Equal("https://backups.blob.core.windows.net/tfe", store.Description);
    }

    [Fact]
    public async Task A_connection_string_reaches_an_emulator()
    {
        var server = await AzuriteServer.SharedAsync();
        var container = await server.CreateContainerAsync();

        var store = _composition.CreateStore(Read(
            ("Store:Kind", "AzureBlob"), ("Store:ConnectionString", server.ConnectionString), ("Store:Container", container.Name)));

        await store!.CheckAsync(default);
    }

    [Fact]
    public void What_is_not_in_azure_is_left_to_the_host()
    {
        var configuration = Read(("Store:Kind", "Directory"), ("Store:Path", "/srv/backups"));

        Assert.Null(_composition.CreateSecretSource(configuration));
        Assert.Null(_composition.CreateStore(configuration));
    }

    [Theory]
    [InlineData("AzureBlob", "AccessTier", "Archive", "Store:AccessTier: is Archive, where a backup could be neither verified nor restored before hours of rehydration")]
    [InlineData("AzureBlob", "AccessTier", "Warm", "Store:AccessTier: is 'Warm'; expected Hot or Cool or Cold.")]
    [InlineData("AzureBlob", "IndexTags", "1", "Store:IndexTags: is '1'; expected true or false.")]
    [InlineData("Directory", "AccessTier", "Cool", "Store:AccessTier: is not a setting of a directory")]
    [InlineData("Directory", "IndexTags", "true", "Store:IndexTags: is not a setting of a directory")]
    public void A_wrong_setting_of_the_store_is_named(string kind, string key, string value, string expected)
    {
        var exception = Assert.Throws<WorkflowException>(() => Read(
            ("Store:Kind", kind), ("Store:Path", "x"), ("Store:ServiceUri", "https://backups.blob.core.windows.net"), ("Store:Container", "tfe"), ($"Store:{key}", value)));

        Assert.Equal(WorkflowError.InvalidConfiguration, exception.Error);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Secrets:VaultUri", null, "Secrets:VaultUri: is missing; expected the Key Vault's address, https://<name>.vault.azure.net.")]
    [InlineData("Secrets:VaultUri", "http://backups.vault.azure.net", "Secrets:VaultUri: is not a Key Vault's address; expected https://<name>.vault.azure.net.")]
    [InlineData("Secrets:VaultUri", "https://backups.vault.azure.net/secrets/x", "Secrets:VaultUri: is not a Key Vault's address")]
    public void A_wrong_setting_is_named(string key, string? value, string expected)
    {
        var exception = Assert.Throws<WorkflowException>(() => Read(
            ("Secrets:Kind", "KeyVault"), ("Secrets:VaultUri", "https://backups.vault.azure.net"), ("Store:Kind", "Directory"), ("Store:Path", "x"), (key, value)));

        Assert.Equal(WorkflowError.InvalidConfiguration, exception.Error);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    private static BackupConfiguration Read(params ReadOnlySpan<(string Key, string? Value)> settings)
    {
        var values = new Dictionary<string, string?>
        {
            ["Installations:production:Endpoint"] = "https://tfe.example.com",
            ["Installations:production:TokenSecret"] = "production-token",
            ["Installations:production:PasswordSecret"] = "production-password",
        };
        foreach (var (key, value) in settings)
        {
            values[key] = value;
        }

        return BackupConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), "test.json", "/srv");
    }

    private sealed class NeverAsked : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("A token was asked for.");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("A token was asked for.");
    }
}
