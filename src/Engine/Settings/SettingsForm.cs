namespace TfeBackup.Engine.Settings;

/// <summary>Whether settings hold secrets or name them.</summary>
public enum SettingsForm
{
    /// <summary>They hold them, as the service's own settings do: <c>Vault:Token</c>, a connection string with its password.</summary>
    WithSecrets,

    /// <summary>They name them: <c>Vault:TokenSecret</c>, <c>PostgresPasswordSecret</c>, <c>ObjectStore:ConnectionStringSecret</c>.</summary>
    WithNamesOfSecrets,
}
