using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using TfeBackup.Server.Settings;
using TfeBackup.TestSupport;

namespace TfeBackup.Server.Tests.Documentation;

/// <summary><c>docs/configuration.md</c> has the settings that the service reads, and no others.</summary>
public sealed partial class ServiceSettingsTests
{
    private static readonly string[] Sections = ["Installation", "Installation:ObjectStore", "Installation:Vault"];

    [Fact]
    public void Every_setting_of_the_service_is_documented()
    {
        var documented = Documented();
        // Those of Application are the restart settings', which have a table of their own.
        var known = Sections.SelectMany(section => Known(section).Select(name => $"{section}:{name}")).Where(name => name != "Installation:Application").ToList();

        Assert.Contains("Installation:Vault:Columns", known);
        Assert.Equal([], known.Except(documented).Except(Sections));
        Assert.Equal([], documented.Where(name => Sections.Contains(name[..name.LastIndexOf(':')])).Except(known));
    }

    [Fact]
    public void The_guide_s_example_is_accepted()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Combine("vault-token"), "hvs.example");
        var text = Example().Match(Repository.Chapter("operations.md", "Set up")).Groups[1].Value;
        using var example = new MemoryStream(Encoding.UTF8.GetBytes(Regex.Replace(text, "/etc/tfe-backup-service(?=/vault)|/var/lib/terraform-enterprise", folder.Root)));

        var settings = SettingsReader.Read(new ConfigurationBuilder().AddJsonStream(example).Build());

        Assert.Equal("production", settings.Installation.Name);
    }

    /// <summary>What a section has, as the reader says it to whoever misspells a name.</summary>
    private static string[] Known(string section)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new($"{section}:Qqqqqqqq", "x")]).Build();
        var fault = Assert.Throws<SettingsException>(() => SettingsReader.Read(settings)).Message.Split('\n').Single(line => line.Contains("Qqqqqqqq", StringComparison.Ordinal));
        return Regex.Match(fault, $@"{section} has ([\w, ]+)\.").Groups[1].Value.Split(", ");
    }

    /// <summary>The full names in the first cells of the table; <c>:Path</c> there goes on from the name before it.</summary>
    private static HashSet<string> Documented()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match row in Row().Matches(Repository.Chapter("configuration.md", "The service")))
        {
            var section = "";
            foreach (Match found in Name().Matches(row.Value))
            {
                var name = found.Groups[1].Value;
                if (!name.StartsWith(':'))
                {
                    section = name[..Math.Max(0, name.LastIndexOf(':'))];
                    _ = names.Add(name);
                }
                else
                {
                    _ = names.Add(section + name);
                }
            }
        }

        return names;
    }

    [GeneratedRegex("^```json\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex(@"^\| `(?:Installation).*$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(Installation(?::\w+)+|(?::\w+)+)`")]
    private static partial Regex Name();
}
