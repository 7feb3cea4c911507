namespace TfeBackup.Workflows.Installations.Commands;

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">The end of what it wrote to its standard output.</param>
/// <param name="Errors">The end of what it wrote to its standard error.</param>
public sealed record CommandResult(int ExitCode, string Output, string Errors);
