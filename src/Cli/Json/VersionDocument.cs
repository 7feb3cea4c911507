namespace TfeBackup.Cli.Json;

/// <summary>The output of <c>version</c>.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="Commit">The commit it was built from; left out where that is not known.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Platform">The system and its architecture.</param>
internal sealed record VersionDocument(string Version, string? Commit, string Runtime, string Platform);
