using System.Diagnostics;
using System.Text.RegularExpressions;

namespace TfeBackup.Infra.Tests.Runbook;

/// <summary>What the runbook and the pipelines have for a shell and for jq can be read by both.</summary>
public sealed partial class ScriptTests
{
    private static readonly string Text = Repository.Read("infra", "README.md");

    [Fact]
    public void Every_script_is_one_to_bash()
    {
        var scripts = Block().Matches(Text).Select(match => Placeholder().Replace(Indent().Replace(match.Groups["script"].Value, ""), "placeholder")).ToList();

        Assert.True(scripts.Count > 20);
        Assert.All(scripts, script => Assert.Equal((0, ""), Run("bash", script, "-n")));
    }

    [JqFact]
    public void Every_filter_is_one_to_jq()
    {
        var filters = Filter().Matches(Text).Select(match => match.Groups[1].Value).ToList();

        // 3 says that it could not be compiled; without an input it may well find nothing.
        Assert.NotEmpty(filters);
        Assert.All(filters, filter => Assert.NotEqual(3, Run("jq", "", "--null-input", filter).ExitCode));
    }

    private static (int ExitCode, string Errors) Run(string program, string input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors.Result);
    }

    [GeneratedRegex("^ *```sh\n(?<script>.*?)^ *```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex("^   ", RegexOptions.Multiline)]
    private static partial Regex Indent();

    /// <summary>What the reader puts in: <c>&lt;id of that network&gt;</c>.</summary>
    [GeneratedRegex("<[a-z][a-z ']*>")]
    private static partial Regex Placeholder();

    [GeneratedRegex("jq (?:--[a-z-]+ )*'([^']+)'")]
    private static partial Regex Filter();

    private sealed class JqFactAttribute : FactAttribute
    {
        public JqFactAttribute()
        {
            if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "jq"))))
            {
                Skip = "jq is not installed.";
            }
        }
    }
}
