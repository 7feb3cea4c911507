using System.Text.RegularExpressions;
using TfeBackup.Archive;
using TfeBackup.Engine;
using TfeBackup.Operations.Model;

namespace TfeBackup.Server.Tests.Documentation;

/// <summary><c>docs/errors.md</c> explains the categories of failures there are, and no others.</summary>
public sealed partial class ErrorCatalogueTests
{
    private static readonly string[] OfHttp = ["NotConfigured", "Unauthorized", "Internal"];

    [Fact]
    public void Every_category_of_operations_is_explained() => Assert.Equal(Enum.GetNames<OperationError>().Order(StringComparer.Ordinal), Explained("Operations"));

    [Fact]
    public void Every_category_of_the_service_is_explained() => Assert.Equal(
        Enum.GetNames<EngineError>().Concat(Enum.GetNames<ArchiveError>()).Concat(OfHttp).Distinct().Order(StringComparer.Ordinal), Explained("The service"));

    private static IEnumerable<string> Explained(string chapter) =>
        Row().Matches(Repository.Chapter("errors.md", chapter)).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
