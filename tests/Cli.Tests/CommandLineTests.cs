using System.Text.RegularExpressions;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Help_lists_every_command_and_the_exit_codes()
    {
        var result = (await CliProcess.RunAsync(_folder, ["--help"])).ShouldEndWith(0);

        foreach (var command in new[]
        {
            "init", "status", "doctor", "password", "completion", "version", "drill", "backup", "list", "show", "verify", "restore", "approve", "restart", "prune", "operations", "run", "inspect", "extract",
        })
        {
            Assert.Matches($@"(?m)^  {command}\b", result.Out);
        }

        foreach (var code in FailureTable.Rows.Select(row => row.ExitCode).Append(0).Distinct())
        {
            Assert.Matches($@"(?m)^ +{code}  \S", result.Out);
        }
    }

    [Fact]
    public async Task The_guide_explains_the_exit_codes_as_the_help_does()
    {
        var help = (await CliProcess.RunAsync(_folder, ["--help"])).ShouldEndWith(0).Out;
        var explained = Regex.Matches(help, @"(?m)^ +(\d)  (\S.*?)\s*$").Select(match => $"| {match.Groups[1]} | {match.Groups[2]} |").ToList();
        Assert.Equal(10, explained.Count);
        Assert.Contains(string.Join('\n', explained), RepositoryFolder.Read("docs", "operations.md"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("nonsense")]
    [InlineData("backup")]
    [InlineData("backup", "old", "new")]
    [InlineData("restore", "latest")]
    [InlineData("list", "--nonsense")]
    [InlineData("inspect", "file", "--password", "secret")]
    public async Task Wrong_use_ends_with_2_and_points_to_the_help(params string[] arguments)
    {
        var result = (await CliProcess.RunAsync(_folder, arguments)).ShouldEndWith(2);

        Assert.Empty(result.Out);
        Assert.Contains("tfe-backup: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("--help'", result.Error, StringComparison.Ordinal);
    }
}
