using System.Diagnostics;
using System.Text;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>The program on a terminal of 80 columns: a pseudoterminal that script(1) makes.</summary>
internal static class TerminalProcess
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs it to its end, and types an answer whenever a text has been shown.</summary>
    /// <returns>Everything that was shown, escape sequences included.</returns>
    public static Task<string> RunAsync(TempFolder folder, IReadOnlyList<string> arguments, params (string Shown, string Typed)[] dialogue) =>
        RunAsync(folder, arguments, new Dictionary<string, string?>(), dialogue);

    /// <summary>Runs it with more environment.</summary>
    public static async Task<string> RunAsync(
        TempFolder folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment, params (string Shown, string Typed)[] dialogue)
    {
        var command = $"stty cols 80 rows 25; exec dotnet '{CliProcess.ProgramPath}' {string.Join(' ', arguments.Select(argument => $"'{argument}'"))}";
        var start = new ProcessStartInfo("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"])
        {
            WorkingDirectory = folder.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["TERM"] = "xterm", ["SHELL"] = "/bin/sh" },
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Deadline);
        var shown = new StringBuilder();
        var buffer = new char[4096];
        var from = 0;
        try
        {
            for (int count, next = 0; (count = await process.StandardOutput.ReadAsync(buffer, deadline.Token)) > 0;)
            {
                shown.Append(buffer, 0, count);
                while (next < dialogue.Length && shown.ToString().IndexOf(dialogue[next].Shown, from, StringComparison.Ordinal) is >= 0 and var found)
                {
                    from = found + dialogue[next].Shown.Length;
                    await process.StandardInput.WriteAsync(dialogue[next++].Typed);
                    await process.StandardInput.FlushAsync(deadline.Token);
                }
            }

            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"It did not end in {Deadline}. It showed:\n{shown}");
        }

        return shown.ToString().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
