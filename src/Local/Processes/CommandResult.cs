namespace TfeBackup.Local.Processes;

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">The end of what it wrote to its standard output.</param>
/// <param name="Errors">The end of what it wrote to its standard error.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Errors);
