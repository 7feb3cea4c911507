namespace TfeBackup.Cli.Json;

/// <summary>The output of <c>init</c>.</summary>
/// <param name="Written">The paths of what was written, the document first.</param>
internal sealed record InitDocument(IReadOnlyList<string> Written);
