using System.Diagnostics;
using System.Text.RegularExpressions;
using TfeBackup.TestSupport;

namespace TfeBackup.Server.Tests.Documentation;

/// <summary>The commands of a page, in order, as one script.</summary>
internal static partial class DocumentedScript
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>Runs them in a folder and requires that each succeeds.</summary>
    /// <param name="page">The page, below <c>docs</c>.</param>
    /// <param name="folder">Where.</param>
    /// <param name="environment">What they need to be told.</param>
    /// <param name="adapt">Puts this test's names in place of the page's; null for none.</param>
    public static async Task RunAsync(string page, TempFolder folder, IReadOnlyDictionary<string, string?> environment, Func<string, string>? adapt = null)
    {
        var commands = string.Join('\n', Commands().Matches(Repository.Page(page)).Select(match => match.Groups[1].Value));
        var script = folder.Combine("commands.sh");
        await File.WriteAllTextAsync(script, "set -euo pipefail\n" + (adapt?.Invoke(commands) ?? commands));
        var start = new ProcessStartInfo("bash", [script]) { WorkingDirectory = folder.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var bash = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Deadline);
        var output = bash.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = bash.StandardError.ReadToEndAsync(deadline.Token);
        await bash.WaitForExitAsync(deadline.Token);
        Assert.True(bash.ExitCode == 0, await output + await errors);
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Commands();
}
