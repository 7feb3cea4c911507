namespace TfeBackup.Hosting.Configuration;

/// <summary>Where secrets come from.</summary>
public enum SecretsKind
{
    /// <summary>The environment's variables. The default.</summary>
    Environment,

    /// <summary>A file that only its owner can read.</summary>
    File,

    /// <summary>An Azure Key Vault, read with default Azure credentials.</summary>
    KeyVault,
}
