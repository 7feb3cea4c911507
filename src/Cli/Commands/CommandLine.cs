using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using TfeBackup.Cli.Output;

namespace TfeBackup.Cli.Commands;

/// <summary>The program's commands, and how one of them is run: the only place where failures become exit codes.</summary>
internal static class CommandLine
{
    /// <summary><c>--config</c>.</summary>
    public static Option<string?> ConfigOption { get; } = new("--config")
    {
        Description = "Configuration file (JSON); TFEBACKUP__… variables override it. [default: tfe-backup.json, else /etc/tfe-backup/tfe-backup.json]",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> JsonOption { get; } = new("--json")
    {
        Description = "Print JSON: results to standard output, progress and errors to standard error.",
        Recursive = true,
    };

    /// <summary><c>--utc</c>.</summary>
    public static Option<bool> UtcOption { get; } = new("--utc") { Description = "Show times in UTC. [default: in this machine's zone, or the one in TZ]", Recursive = true };

    /// <summary><c>--quiet</c>.</summary>
    public static Option<bool> QuietOption { get; } = new("--quiet", "-q") { Description = "Print results and errors only: no progress, no steps.", Recursive = true };

    /// <summary><c>--verbose</c>.</summary>
    public static Option<bool> VerboseOption { get; } = new("--verbose") { Description = "Log everything that happens, to standard error.", Recursive = true };

    /// <summary>Runs the program.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        // "@file" is a name like any other here: an object's key may begin with it.
        var parsed = CreateRoot().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.GetValue(UtcOption))
        {
            // What a zone's rules are made of, here and in the commands that this process runs.
            Environment.SetEnvironmentVariable("TZ", "UTC");
            TimeZoneInfo.ClearCachedData();
        }

        // What a shell's completion asks is none of a command line's mistakes.
        return parsed.RootCommandResult.Children.Any(child => child is DirectiveResult) is false && (parsed.Action is null or ParseErrorAction || Failures.UnknownOption(parsed) is not null)
            ? Task.FromResult(Failures.ReportMisuse(new Terminal(parsed.GetValue(JsonOption)), parsed))
            : parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Gives a command its action.</summary>
    /// <param name="command">The command.</param>
    /// <param name="action">What it does; returns the exit code.</param>
    /// <param name="failure">The exit code of a failure, where exit codes have meanings of their own.</param>
    public static Command Does(this Command command, Func<CommandContext, CancellationToken, Task<int>> action, int? failure = null)
    {
        command.SetAction(async (parsed, _) =>
        {
            var terminal = new Terminal(parsed.GetValue(JsonOption), parsed.GetValue(QuietOption), parsed.GetValue(VerboseOption));
            using var interruption = new Interruption(terminal);
            try
            {
                return await action(new CommandContext(parsed, terminal, TimeProvider.System), interruption.Token);
            }
#pragma warning disable CA1031 // The last place: whatever happened is reported, with its exit code.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var code = Failures.Report(terminal, e, interruption.Token.IsCancellationRequested);
                return failure ?? code;
            }
        });
        return command;
    }

    private static RootCommand CreateRoot() =>
        new(
            $"""
            Scheduled, verified and restorable backups of Terraform Enterprise installations.

            Exit codes:
            {string.Join('\n', ExitCode.All.Select(exit => $"  {exit.Code}  {exit.Meaning}"))}
            """)
        {
            InitCommand.Create(),
            StatusCommand.Create(),
            DoctorCommand.Create(),
            BackupCommand.Create(),
            ListCommand.Create(),
            ShowCommand.Create(),
            VerifyCommand.Create(),
            RestoreCommand.Create(),
            ApproveCommand.Create(),
            RestartCommand.Create(),
            DrillCommand.Create(),
            PruneCommand.Create(),
            OperationsCommand.Create(),
            RunCommand.Create(),
            InspectCommand.Create(),
            LsCommand.Create(),
            ExtractCommand.Create(),
            PasswordCommand.Create(),
            CompletionCommand.Create(),
            VersionCommand.Create(),
            ConfigOption,
            JsonOption,
            UtcOption,
            QuietOption,
            VerboseOption,
        };
}
