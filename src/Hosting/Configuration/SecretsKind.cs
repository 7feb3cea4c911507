namespace TfeBackup.Hosting.Configuration;

/// <summary>The kind of secret source.</summary>
public enum SecretsKind
{
    /// <summary>The environment's variables. The default.</summary>
    Environment,

    /// <summary>A file that only its owner can read.</summary>
    File,

    /// <summary>An Azure Key Vault, read with default Azure credentials.</summary>
    KeyVault,
}
