using TfeBackup.Operations;

namespace TfeBackup.Cli.Json;

/// <summary>The output of <c>status</c>.</summary>
/// <param name="Level">The worst of the installations.</param>
/// <param name="Installations">Each of them, by name.</param>
internal sealed record StatusDocument(AssessmentLevel Level, IReadOnlyList<InstallationStatusDocument> Installations);
