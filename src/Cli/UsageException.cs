namespace TfeBackup.Cli;

/// <summary>The program was called wrongly. The message says what was expected.</summary>
internal sealed class UsageException(string message) : Exception(message);
