namespace TfeBackup.Hosting.Configuration;

/// <summary><c>Secrets</c>.</summary>
/// <param name="Kind"><c>Kind</c>.</param>
/// <param name="Path"><c>Path</c>: the file's full path; null where they are not in a file.</param>
/// <param name="VaultUri"><c>VaultUri</c>: the Key Vault's address; null where they are not in one.</param>
public sealed record SecretsDefinition(SecretsKind Kind, string? Path, Uri? VaultUri = null);
