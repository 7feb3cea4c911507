namespace TfeBackup.Cli.Json;

/// <summary>The failure of a command, on standard error with <c>--json</c>.</summary>
internal sealed record ErrorDocument(string Error, string Message);
