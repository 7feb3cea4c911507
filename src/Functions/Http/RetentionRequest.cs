using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>Asks to remove the backups that need not be kept.</summary>
/// <param name="DryRun">Show what would be removed, without removing it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal sealed record RetentionRequest(bool DryRun = false);
