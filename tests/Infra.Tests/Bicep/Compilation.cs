namespace TfeBackup.Infra.Tests.Bicep;

/// <summary>What compiling a file gave.</summary>
/// <param name="Template">The template as JSON; null where there were errors.</param>
/// <param name="Diagnostics">Errors, warnings and hints, of this file and all it refers to.</param>
internal sealed record Compilation(string? Template, IReadOnlyList<string> Diagnostics);
