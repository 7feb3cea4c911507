namespace TfeBackup.Cli.Json;

/// <summary>Why a command failed, on standard error with <c>--json</c>.</summary>
internal sealed record ErrorDocument(string Error, string Message);
