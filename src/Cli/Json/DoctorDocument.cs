using TfeBackup.Hosting.Diagnosis;

namespace TfeBackup.Cli.Json;

/// <summary>The output of <c>doctor</c>.</summary>
/// <param name="Failed">How many findings do not work.</param>
/// <param name="Warnings">How many somebody should look at.</param>
/// <param name="Findings">Everything that was looked at.</param>
internal sealed record DoctorDocument(int Failed, int Warnings, IReadOnlyList<Finding> Findings);
