namespace TfeBackup.Functions.Http;

/// <summary>The health of the app.</summary>
/// <param name="Status"><c>healthy</c> or <c>unhealthy</c>.</param>
/// <param name="Version">The app's version.</param>
/// <param name="Faults">What is wrong, a line each.</param>
/// <param name="Installations">The configured installations.</param>
internal sealed record HealthDocument(string Status, string Version, IReadOnlyList<string> Faults, IReadOnlyList<string> Installations);
