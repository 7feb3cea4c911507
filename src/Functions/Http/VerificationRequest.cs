using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>Asks to verify a backup of the installation that the path names.</summary>
/// <param name="Backup">A backup's id, or <c>latest</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal sealed record VerificationRequest([property: JsonRequired] string Backup);
