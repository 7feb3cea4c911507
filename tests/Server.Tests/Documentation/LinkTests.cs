using System.Text.RegularExpressions;

namespace TfeBackup.Server.Tests.Documentation;

/// <summary>Links within the documentation lead somewhere, down to the heading.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Every_link_within_the_documentation_leads_to_a_file_and_a_heading()
    {
        var pages = Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Concat(["README.md", "infra/README.md", "src/Archive/FORMAT.md", "src/Archive/FORMAT-2.md"]).Select(page => Path.Combine(Repository.Root, page)).ToList();
        var broken = from page in pages
                     from link in Link().Matches(File.ReadAllText(page)).Select(match => match.Groups[1].Value)
                     where !link.Contains("://", StringComparison.Ordinal) && !Exists(page, link)
                     select $"{Path.GetRelativePath(Repository.Root, page)}: {link}";

        Assert.True(pages.Count > 8);
        Assert.Empty(broken);
    }

    private static bool Exists(string page, string link)
    {
        var parts = link.Split('#');
        var target = parts[0].Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, parts[0]));
        return parts.Length == 1
            ? File.Exists(target) || Directory.Exists(target)
            : File.Exists(target) && Heading().Matches(File.ReadAllText(target)).Select(match => Anchor(match.Groups[1].Value)).Contains(parts[1]);
    }

    private static string Anchor(string heading) => NoAnchor().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"(?<!`)\[[^\]\n]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();
}
