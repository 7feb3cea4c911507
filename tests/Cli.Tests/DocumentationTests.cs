using System.Text.RegularExpressions;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>The program understands every command of it that the documentation shows.</summary>
public sealed partial class DocumentationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static readonly string[] Pages = ["README.md", "docs/operations.md", "docs/errors.md"];

    public static TheoryData<string> Commands => [.. Pages.SelectMany(Read).Distinct()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_documented_command_is_understood(string command)
    {
        // There is no configuration here: whatever it then fails of, it was not the command line.
        var result = await CliProcess.RunAsync(_folder, [.. command.Split(' ')]);

        Assert.DoesNotContain("--help'", result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Read(string page)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
        {
            folder = folder.Parent!;
        }

        return Command().Matches(File.ReadAllText(Path.Combine(folder.FullName, page))).Select(match => match.Groups["line"].Value.Trim());
    }

    /// <summary>Lines of scripts without their comments, and what stands in backticks.</summary>
    [GeneratedRegex("""(?:^tfe-backup (?<line>[^#\n]+)|`tfe-backup (?<line>[a-z][^`…]*)`)""", RegexOptions.Multiline)]
    private static partial Regex Command();
}
