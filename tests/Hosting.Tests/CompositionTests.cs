using Azure.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Azure;
using TfeBackup.Azure.Secrets;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Installations;
using TfeBackup.Local.Secrets;
using TfeBackup.Local.Stores;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.TestSupport.Azurite;

namespace TfeBackup.Hosting.Tests;

public sealed class CompositionTests
{
    private const string HostKey = "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og";

    private readonly Composition _composition = new(new NeverAsked());

    [Fact]
    public void A_key_vault_and_a_container_are_made_without_asking_for_a_token()
    {
        var configuration = Read(
            ("Secrets:Kind", "KeyVault"), ("Secrets:VaultUri", "https://backups.vault.azure.net"),
            ("Store:Kind", "AzureBlob"), ("Store:ServiceUri", "https://backups.blob.core.windows.net"), ("Store:Container", "tfe"));

        var secrets = Assert.IsType<KeyVaultSecretSource>(_composition.CreateSecretSource(configuration.Secrets));
        var store = Assert.IsType<BlobBackupStore>(_composition.CreateStore(configuration.Store));

        Assert.Equal("https://backups.vault.azure.net", secrets.Description);
        Assert.Equal("https://backups.blob.core.windows.net/tfe", store.Description);
    }

    [Fact]
    public async Task A_connection_string_reaches_an_emulator()
    {
        var server = await AzuriteServer.SharedAsync();
        var container = await server.CreateContainerAsync();

        var store = _composition.CreateStore(Read(
            ("Store:Kind", "AzureBlob"), ("Store:ConnectionString", server.ConnectionString), ("Store:Container", container.Name)).Store);

        await store.CheckAsync(default);
    }

    [Fact]
    public void What_is_not_in_azure_is_on_this_machine()
    {
        var configuration = Read(("Store:Kind", "Directory"), ("Store:Path", "/srv/backups"));

        Assert.IsType<EnvironmentSecretSource>(_composition.CreateSecretSource(configuration.Secrets));
        Assert.IsType<DirectoryBackupStore>(_composition.CreateStore(configuration.Store));
    }

    [Theory]
    [InlineData("AzureBlob", "AccessTier", "Archive", "Store:AccessTier: found 'Archive'; expected Hot or Cool or Cold: from Archive, a backup could be neither verified nor restored before hours of rehydration")]
    [InlineData("AzureBlob", "AccessTier", "Warm", "Store:AccessTier: found 'Warm'; expected Hot or Cool or Cold.")]
    [InlineData("AzureBlob", "IndexTags", "1", "Store:IndexTags: found '1'; expected true or false.")]
    [InlineData("Directory", "AccessTier", "Cool", "Store:AccessTier is not allowed when Kind is Directory")]
    [InlineData("Directory", "IndexTags", "true", "Store:IndexTags is not allowed when Kind is Directory")]
    public void A_wrong_setting_of_the_store_is_named(string kind, string key, string value, string expected)
    {
        var exception = Assert.Throws<OperationException>(() => Read(
            ("Store:Kind", kind), ("Store:Path", "x"), ("Store:ServiceUri", "https://backups.blob.core.windows.net"), ("Store:Container", "tfe"), ($"Store:{key}", value)));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Secrets:VaultUri", null, "Secrets:VaultUri is missing; expected the Key Vault's address, https://<name>.vault.azure.net.")]
    [InlineData("Secrets:VaultUri", "http://backups.vault.azure.net", "Secrets:VaultUri: expected the Key Vault's address, https://<name>.vault.azure.net.")]
    [InlineData("Secrets:VaultUri", "https://backups.vault.azure.net/secrets/x", "Secrets:VaultUri: expected the Key Vault's address")]
    public void A_wrong_setting_is_named(string key, string? value, string expected)
    {
        var exception = Assert.Throws<OperationException>(() => Read(
            ("Secrets:Kind", "KeyVault"), ("Secrets:VaultUri", "https://backups.vault.azure.net"), ("Store:Kind", "Directory"), ("Store:Path", "x"), (key, value)));

        Assert.Equal(OperationError.InvalidConfiguration, exception.Error);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("virtualMachines", "VirtualMachine", "systemctl stop tfe.service / systemctl start tfe.service on the virtual machine tfe-1")]
    [InlineData("virtualMachineScaleSets", "ScaleSet", "systemctl stop tfe.service / systemctl start tfe.service on every instance of the scale set tfe-1")]
    public void Commands_run_on_the_machine_that_is_named(string type, string key, string expected)
    {
        var control = Control(
            ("Kind", "Systemd"), ("Unit", "tfe.service"), ("Via", "RunCommand"), (key, $"/subscriptions/5c0f4a6e-8d0e-4f0a-9d5e-2f1c6a3b7e90/resourceGroups/tfe/providers/Microsoft.Compute/{type}/tfe-1"));

        Assert.Equal(expected, control!.Description);
    }

    [Fact]
    public void Commands_run_by_ssh_on_the_host_that_is_named()
    {
        var control = Control(
            ("Kind", "Replicated"), ("Via", "Ssh"), ("Host", "tfe.example.com"), ("User", "backup"), ("KeySecret", "tfe-ssh-key"), ("HostKey", HostKey));

        Assert.Equal("replicatedctl app stop / replicatedctl app start on tfe.example.com", control!.Description);
    }

    [Fact]
    public void A_deployment_is_scaled_by_the_kubernetes_api()
    {
        var control = Control(("Kind", "Aks"), ("Namespace", "tfe"), ("KubeconfigSecret", "aks-kubeconfig"));

        Assert.Equal("scale the deployment tfe/terraform-enterprise to zero / back", control!.Description);
    }

    [Fact]
    public void Commands_run_on_this_machine_where_no_other_is_named()
    {
        Assert.Equal("systemctl stop tfe.service / systemctl start tfe.service", Control(("Kind", "Systemd"), ("Unit", "tfe.service"))!.Description);
        Assert.Null(Control(("Kind", "Manual")));
    }

    [Theory]
    [InlineData("Via", "Telnet", "Restart:Via: found 'Telnet'; expected Local or RunCommand or Ssh.")]
    [InlineData("VirtualMachine", "/subscriptions/x", "Restart:VirtualMachine is not a setting; Installations:production:Restart has Kind, Timeout, Unit, Via.")]
    [InlineData("Via", "RunCommand", "Restart:ScaleSet: found neither; expected exactly one of them.")]
    [InlineData("Via=RunCommand VirtualMachine", "tfe-1", "Restart:VirtualMachine: found 'tfe-1'; expected the resource id /subscriptions/")]
    [InlineData("Via=RunCommand VirtualMachine", "/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/z", "Restart:VirtualMachine: found '/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/z'; expected the resource id ")]
    [InlineData("Via=RunCommand ScaleSet", "/subscriptions/5c0f4a6e-8d0e-4f0a-9d5e-2f1c6a3b7e90/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/z", "Restart:ScaleSet: found '/subscriptions/5c0f4a6e-8d0e-4f0a-9d5e-2f1c6a3b7e90/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/z'; expected the resource id ")]
    [InlineData("Via=Ssh Host", "h", "Restart:KeySecret is missing; expected the name of the secret that holds the private key.")]
    [InlineData("Via=Ssh HostKey", "MD5:aa", "Restart:HostKey: found 'MD5:aa'; expected SHA256: and 43 characters")]
    [InlineData("Via=Ssh Port", "70000", "Restart:Port: found '70000'; expected a whole number from 1 to 65535.")]
    [InlineData("Kind=Aks Unit", "x", "Restart:Unit is not a setting")]
    [InlineData("Kind=Aks Via", "Ssh", "Restart:Via is not a setting")]
    [InlineData("Kind=Aks KubeconfigSecret=a ApiServer", "https://x", "Restart:ApiServer is not allowed with KubeconfigSecret; remove it")]
    [InlineData("Kind=Aks ApiServer=https://x Cluster", "/subscriptions/x", "Restart:ApiServer is not allowed with Cluster; remove it.")]
    [InlineData("Kind=Aks Cluster", "/subscriptions/5c0f4a6e-8d0e-4f0a-9d5e-2f1c6a3b7e90/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/z", "Restart:Cluster: found '/subscriptions/5c0f4a6e-8d0e-4f0a-9d5e-2f1c6a3b7e90/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/z'; expected the resource id /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.ContainerService/managedClusters/<name>.")]
    public void A_wrong_setting_of_a_restart_is_named(string key, string value, string expected)
    {
        var settings = new List<(string, string?)> { ("Kind", "Systemd"), ("Unit", "tfe.service") };
        var words = key.Split(' ');
        foreach (var word in words[..^1])
        {
            settings.Add((word.Split('=')[0], word.Split('=')[1]));
        }

        settings.Add((words[^1], value));

        var exception = Assert.Throws<OperationException>(() => Control([.. settings]));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    private IApplicationControl? Control(params (string Key, string? Value)[] settings)
    {
        var connection = Read([
            ("Store:Kind", "Directory"), ("Store:Path", "x"),
            .. settings.Select(setting => ($"Installations:production:Restart:{setting.Key}", setting.Value))]).GetInstallation("production").Connection;
        var secrets = new EnvironmentSecretSource();
        var factory = _composition.CreateInstallationFactory(NullLoggerFactory.Instance);
        return _composition.CreateControl(
            connection, new InstallationClients(secrets, factory, options: null, NullLoggerFactory.Instance, TimeProvider.System), secrets);
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
