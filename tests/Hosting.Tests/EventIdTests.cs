using System.Globalization;
using System.Text.RegularExpressions;

namespace TfeBackup.Hosting.Tests;

/// <summary>An event's id says one thing wherever it is logged: no two messages share one, and each project has a range of its own.</summary>
public sealed partial class EventIdTests
{
    // A package of its own is used without the others, and counts from one.
    private static readonly Dictionary<string, (int First, int Last)> Ranges = new()
    {
        ["DurableTask.Sqlite"] = (1, 99),
        ["Engine"] = (1000, 1999),
        ["Operations"] = (2000, 2299),
        ["Functions"] = (2300, 2399),
        ["Installations"] = (3300, 3399),
        ["Server"] = (4000, 4099),
    };

    [Fact]
    public void No_two_messages_share_an_id() =>
        Assert.Empty(Messages().GroupBy(static message => message.Id).Where(static same => same.Count() > 1)
            .Select(static same => $"{same.Key}: {string.Join(", ", same.Select(static message => message.File))}"));

    [Fact]
    public void Every_id_is_in_its_projects_range() =>
        Assert.Empty(Messages()
            .Where(static message => !Ranges.TryGetValue(message.Project, out var range) || message.Id < range.First || message.Id > range.Last)
            .Select(static message => $"{message.File}: {message.Id}"));

    [Fact]
    public void Every_project_with_a_range_has_messages() =>
        Assert.Equal(Ranges.Keys.Order(StringComparer.Ordinal), Messages().Select(static message => message.Project).Distinct().Order(StringComparer.Ordinal));

    private static List<(string Project, string File, int Id)> Messages()
    {
        var files = SourceFiles.Read();

        // An id is a number, or the name of a constant.
        var constants = files.SelectMany(static file => Constant().Matches(file.Text)).Select(static match => (Name: match.Groups[1].Value, Value: match.Groups[2].Value))
            .ToLookup(static constant => constant.Name, static constant => constant.Value);
        return [.. files.SelectMany(file => Message().Matches(file.Text)
            .Select(match => match.Groups[1].Value)
            .Select(id => (file.Project, file.File, int.Parse(char.IsAsciiDigit(id[0]) ? id : constants[id].Single(), CultureInfo.InvariantCulture))))];
    }

    [GeneratedRegex(@"LoggerMessage\(\s*(?:EventId\s*=\s*)?(?:\w+\.)*(\w+)")]
    private static partial Regex Message();

    [GeneratedRegex(@"const int (\w+) = (\d+);")]
    private static partial Regex Constant();
}
