using System.Text.RegularExpressions;
using System.Xml.Linq;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// The commands that the documentation shows: those of this program are understood by it, and the others name what there is. Those of
/// <c>service-api.md</c> and <c>recovery-without-us.md</c> are run, by the service's tests.
/// </summary>
public sealed partial class DocumentationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static readonly string[] Pages = ["README.md", "docs/operations.md", "docs/errors.md", "docs/configuration.md", "docs/development.md", "docs/json.md", "docs/SECURITY.md", "infra/README.md"];

    /// <summary>A pattern for each program, and a check of what it names.</summary>
    private static readonly (string Pattern, Func<string, bool> Exists)[] Others =
    [
        (@"^sudo dpkg -i (\S+)$", name => Packages().Contains(name)),
        (@"^sudo systemctl (?:enable --now|edit) (\S+)$", IsUnit),
        (@"^sudo journalctl --unit (\S+)$", IsUnit),
        (@"^dotnet run -c Release --project (\S+)$", path => Directory.Exists(RepositoryFolder.Combine(path))),
        (@"^dotnet test -c Release (\S+)$", path => File.Exists(RepositoryFolder.Combine(path))),
        (@"^az deployment group create --name tfe-backup --resource-group tfe-backup-test --parameters (\S+)$", path => File.Exists(RepositoryFolder.Combine(path))),
    ];

    public static TheoryData<string> Commands => [.. Pages.SelectMany(page => Command().Matches(RepositoryFolder.Read(page))).Select(match => match.Groups["line"].Value.Trim()).Distinct()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_documented_command_is_understood(string command)
    {
        // There is no configuration here: whatever it then fails of, it was not the command line.
        var result = await CliProcess.RunAsync(_folder, [.. command.Split(' ')]);

        Assert.DoesNotContain("--help'", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/operations.md")]
    public void A_command_of_another_program_names_what_there_is(string page)
    {
        var others = Block().Matches(RepositoryFolder.Read(page)).SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Where(line => !Command().IsMatch(line)).Select(line => Regex.Replace(line, " +#.*", "")).ToList();

        Assert.NotEmpty(others);
        Assert.All(others, line => Assert.Contains(Others, other => Regex.Match(line, other.Pattern) is { Success: true } match && other.Exists(match.Groups[1].Value)));
    }

    private static bool IsUnit(string name) => File.Exists(RepositoryFolder.Combine("infra", "packaging", "debian", name, $"{name}.service"));

    private static IEnumerable<string> Packages()
    {
        var version = XDocument.Load(RepositoryFolder.Combine("Directory.Build.props")).Descendants("Version").Single().Value;
        return Directory.GetFiles(RepositoryFolder.Combine("infra", "packaging", "debian"), "control", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetFileName(Path.GetDirectoryName(file))}_{version}_amd64.deb");
    }

    /// <summary>Lines of scripts without their comments, and what stands in backticks.</summary>
    [GeneratedRegex("""(?:^(?:sudo -u tfe-backup )?tfe-backup (?<line>[^#\n]+)|`tfe-backup (?<line>[a-z][^`…]*)`)""", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
