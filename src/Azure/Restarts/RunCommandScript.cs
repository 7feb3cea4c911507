using System.Globalization;
using System.Text.RegularExpressions;
using TfeBackup.Engine.Application;

namespace TfeBackup.Azure.Restarts;

/// <summary>
/// The script that runs one command, and what it says about it. The agent gives the script to <c>/bin/sh</c>, with a PATH that may lack where runtimes are
/// installed, and keeps 4 KiB of what it writes.
/// </summary>
/// <remarks>
/// So the script itself cuts, and from the beginning: what went wrong stands at the end. Its very last line has the command's exit code and how much the command
/// wrote, by which an answer that is not all there can be told from one that is. What the command writes is kept in memory (<c>/run</c>) until then, so that a
/// full disk can be told about, too.
/// </remarks>
internal static partial class RunCommandScript
{
    /// <summary>The number of bytes of a command's standard output that are returned.</summary>
    public const int KeptOutput = 2900;

    /// <summary>The number of bytes of its standard error.</summary>
    public const int KeptErrors = 1000;

    // An agent that ends the script may leave the command; it then ends by itself, a little later.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>The script.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="timeout">How long it may take; the agent ends it then.</param>
    public static string Of(IReadOnlyList<string> command, TimeSpan timeout)
    {
        var seconds = ((int)Math.Ceiling((timeout + Grace).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return $$"""
            #!/bin/sh
            PATH="${PATH:-/usr/sbin:/usr/bin:/sbin:/bin}:/usr/local/sbin:/usr/local/bin:/snap/bin"
            export PATH
            said=$(mktemp -d /run/tfe-backup.XXXXXX 2>/dev/null || mktemp -d) || exit 73
            trap 'rm -rf "$said"' EXIT
            timeout -k 10 {{seconds}} {{CommandLine.ForShell(command)}} </dev/null >"$said/output" 2>"$said/errors"
            code=$?
            tail -c {{KeptOutput}} "$said/output"
            tail -c {{KeptErrors}} "$said/errors" >&2
            printf '\ntfe-backup: exit code %d, %d bytes of output, %d of errors\n' "$code" "$(wc -c <"$said/output")" "$(wc -c <"$said/errors")" >&2
            exit "$code"

            """;
    }

    /// <summary>The output of the script.</summary>
    /// <param name="exitCode">The script's own exit code.</param>
    /// <param name="output">What is left of its standard output.</param>
    /// <param name="errors">What is left of its standard error.</param>
    public static CommandResult Read(int exitCode, string output, string errors)
    {
        var line = LastLine().Match(errors);
        return line.Success
            ? new CommandResult(Number(line, 1), output, errors[..line.Index]) { IsCut = Number(line, 2) > KeptOutput }
            : new CommandResult(exitCode, output, errors);
    }

    private static int Number(Match line, int group) =>
        int.TryParse(line.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;

    [GeneratedRegex(@"\r?\ntfe-backup: exit code (\d+), (\d+) bytes of output, (\d+) of errors\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex LastLine();
}
