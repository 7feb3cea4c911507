namespace TfeBackup.Engine.Settings;

/// <summary>The form of the secrets in settings: the secrets themselves or their names.</summary>
public enum SettingsForm
{
    /// <summary>Secrets themselves, as in the service's own settings: <c>Vault:Token</c>, a connection string with its password.</summary>
    WithSecrets,

    /// <summary>Names of secrets: <c>Vault:TokenSecret</c>, <c>PostgresPasswordSecret</c>, <c>ObjectStore:ConnectionStringSecret</c>.</summary>
    WithNamesOfSecrets,
}
