namespace TfeBackup.Workflows.Configuration;

/// <summary><c>Secrets</c>.</summary>
/// <param name="Kind"><c>Kind</c>.</param>
/// <param name="Path"><c>Path</c>: the file's full path; null for the environment.</param>
public sealed record SecretsDefinition(SecretsKind Kind, string? Path);
