using System.Text.Json;

namespace TfeBackup.SampleInstallation.Data;

/// <summary>Someone who may sign in.</summary>
internal sealed record User(long Id, string Name, string Role, string PasswordHash);

/// <summary>A workspace and the state it serves; null before the first state and after its deletion.</summary>
internal sealed record Workspace(
    long Id, string ExternalId, string Name, string Description, IReadOnlyList<string> Tags, JsonElement Settings, StateVersion? Current);

/// <summary>One state that a workspace has had.</summary>
internal sealed record StateVersion(long Id, int Number, long Serial, Guid? Lineage, byte[] Md5, long Size, string ObjectKey, DateTimeOffset CreatedAt);

/// <summary>A variable; a sensitive one's value is Vault ciphertext.</summary>
internal sealed record Variable(string Category, string Key, string Description, bool Sensitive, string Value);
