using System.CommandLine;
using System.CommandLine.Invocation;
using TfeBackup.Cli.Output;

namespace TfeBackup.Cli.Commands;

/// <summary>The program's commands, and how one of them is run: the only place where failures become exit codes.</summary>
internal static class CommandLine
{
    /// <summary><c>--config</c>.</summary>
    public static Option<string?> ConfigOption { get; } = new("--config")
    {
        Description = "Configuration file (JSON); TFEBACKUP__… variables override it. [default: tfe-backup.json]",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> JsonOption { get; } = new("--json")
    {
        Description = "Print JSON: results to standard output, progress and errors to standard error.",
        Recursive = true,
    };

    /// <summary>Runs the program.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        // "@file" is a name like any other here: an object's key may begin with it.
        var parsed = CreateRoot().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return parsed.Action is null or ParseErrorAction || Failures.UnknownOption(parsed) is not null
            ? Task.FromResult(Failures.ReportMisuse(new Terminal(parsed.GetValue(JsonOption)), parsed))
            : parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Gives a command its action.</summary>
    public static Command Does(this Command command, Func<CommandContext, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (parsed, _) =>
        {
            var terminal = new Terminal(parsed.GetValue(JsonOption));
            using var interruption = new Interruption(terminal);
            try
            {
                return await action(new CommandContext(parsed, terminal, TimeProvider.System), interruption.Token);
            }
#pragma warning disable CA1031 // The last place: whatever happened is reported, with its exit code.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return Failures.Report(terminal, e, interruption.Token.IsCancellationRequested);
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
            ExtractCommand.Create(),
            ConfigOption,
            JsonOption,
        };
}
