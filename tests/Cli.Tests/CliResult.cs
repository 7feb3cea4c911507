using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>How a run of the program ended.</summary>
internal sealed record CliResult(int ExitCode, string Out, string Error)
{
    /// <summary>Lets it pass if it ended so; fails with everything it said otherwise.</summary>
    public CliResult ShouldEndWith(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"Exit code {ExitCode}, expected {exitCode}.\n--- stdout\n{Out}\n--- stderr\n{Error}");
        return this;
    }
}
