using TfeBackup.Engine.Application;

namespace TfeBackup.Azure.Restarts;

/// <summary>
/// The script that runs one command. The agent gives it to <c>/bin/sh</c>, with a PATH that may lack where runtimes are installed;
/// <c>exec</c> makes the command's exit code the script's.
/// </summary>
internal static class RunCommandScript
{
    public static string Of(IReadOnlyList<string> command) =>
        $"#!/bin/sh\nPATH=\"${{PATH:-/usr/sbin:/usr/bin:/sbin:/bin}}:/usr/local/sbin:/usr/local/bin:/snap/bin\"\nexport PATH\nexec {CommandLine.ForShell(command)} </dev/null\n";
}
