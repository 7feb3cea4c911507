using Microsoft.Extensions.Configuration;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Hosting.Tests.Configuration;

public sealed class DirectConfigurationTests
{
    private static readonly Dictionary<string, string?> Complete = new()
    {
        ["Installations:old:Mode"] = "Direct",
        ["Installations:old:PasswordSecret"] = "backup-password",
        ["Installations:old:Direct:Postgres"] = "Host=db.example.com;Database=tfe;Username=tfe",
        ["Installations:old:Direct:PostgresPasswordSecret"] = "tfe-database",
        ["Installations:old:Direct:Schemas:9"] = "rails",
        ["Installations:old:Direct:Schemas:10"] = "registry",
        ["Installations:old:Direct:ProductVersion"] = "1.2.3",
        ["Installations:old:Direct:ObjectStore:Kind"] = "AzureBlob",
        ["Installations:old:Direct:ObjectStore:ServiceUri"] = "https://tfe.blob.core.windows.net",
        ["Installations:old:Direct:ObjectStore:Container"] = "tfe",
        ["Installations:old:Direct:Vault:Address"] = "https://vault.example.com:8200",
        ["Installations:old:Direct:Vault:TokenSecret"] = "tfe-vault",
        ["Installations:old:Direct:Vault:App"] = "atlas",
        ["Installations:old:Direct:Vault:Columns:rails.settings.smtp"] = "atlas_smtp",
        ["Store:Kind"] = "Directory",
        ["Store:Path"] = "backups",
    };

    [Fact]
    public void A_direct_installation_names_its_secrets_and_needs_no_endpoint()
    {
        var old = Read("Store:Path", "backups").GetInstallation("old");

        Assert.Equal((InstallationMode.Direct, null, null), (old.Connection.Mode, old.Connection.Endpoint, old.Connection.Token));
        Assert.Equal(["backup-password", "tfe-database", "tfe-vault"], old.Definition.Secrets.Select(secret => secret.Name).Order());
        Assert.Equal(["rails", "registry"], old.Connection.Direct!.Schemas);
        Assert.Equal("atlas_smtp", old.Connection.Direct.Vault!.Columns["rails.settings.smtp"]);
        Assert.True(old.Connection.Direct.ObjectStore.Encrypted);
        Assert.Equal("old", old.Connection.Direct.Name);
    }

    [Theory]
    [InlineData("Direct:Postgres", "Host=db;Database=tfe;Password=x-secret", "Direct:Postgres: expected a connection string without a password; name the secret")]
    [InlineData("Direct:Vault:Token", "x-secret", "Direct:Vault:Token is not a setting; Installations:old:Direct:Vault has TokenSecret, TokenFile, RoleId")]
    [InlineData("Direct:Vault:TokenSecret", null, "Direct:Vault:TokenSecret or Installations:old:Direct:Vault:TokenFile or Installations:old:Direct:Vault:RoleId: found none; expected exactly one of them")]
    [InlineData("Direct:Vault:SecretId", "x-secret", "Direct:Vault:SecretId is not a setting")]
    [InlineData("Direct:Vault:SecretIdSecret", "name", "Direct:Vault:SecretIdSecret is not allowed without RoleId")]
    [InlineData("Direct:ObjectStore:ConnectionString", "x-secret", "Direct:ObjectStore:ConnectionString is not a setting")]
    [InlineData("Direct:Postgres", null, "Direct:Postgres is missing; expected an Npgsql connection string")]
    [InlineData("Direct:Name", "x", "Direct:Name is not a setting")]
    [InlineData("Restart:Kind", "Service", "Restart:Kind: found 'Service'; expected another kind")]
    [InlineData("Endpoint", "https://tfe.example.com", "Endpoint is not allowed when Mode is Direct; remove it")]
    [InlineData("Mode", "Api", "Direct is not allowed when Mode is Api; remove it")]
    [InlineData("Mode", "Remote", "Mode: found 'Remote'; expected Api or Direct")]
    public void A_fault_is_named(string key, string? value, string expected)
    {
        var fault = Assert.Throws<OperationException>(() => Read(key, value));

        Assert.Contains(fault.Message.Split('\n'), line => line.StartsWith($"test: Installations:old:{expected}", StringComparison.Ordinal));
        Assert.DoesNotContain("x-secret", fault.Message, StringComparison.Ordinal);
    }

    private static BackupConfiguration Read(string key, string? value)
    {
        var settings = new Dictionary<string, string?>(Complete);
        settings[key.StartsWith("Store", StringComparison.Ordinal) ? key : $"Installations:old:{key}"] = value;
        return BackupConfiguration.Read(
            new ConfigurationBuilder().AddInMemoryCollection(settings.Where(setting => setting.Value is not null)).Build(), "test", "/");
    }
}
