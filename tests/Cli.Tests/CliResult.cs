using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>How a run of the program ended.</summary>
internal sealed record CliResult(int ExitCode, string Out, string Error)
{
    /// <summary>Lets it pass if it ended so; fails with everything it said otherwise.</summary>
    /// <param name="exitCode">The exit code.</param>
    /// <param name="anyFailure">Let another failure's pass, too.</param>
    public CliResult ShouldEndWith(int exitCode, bool anyFailure = false)
    {
        Assert.True(ExitCode == exitCode || (anyFailure && ExitCode > 0), $"Exit code {ExitCode}, expected {exitCode}.\n--- stdout\n{Out}\n--- stderr\n{Error}");
        return this;
    }
}
