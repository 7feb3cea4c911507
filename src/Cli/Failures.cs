using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using DurableTask.Sqlite;
using TfeBackup.Archive;
using TfeBackup.Cli.Commands;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Engine.Settings;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli;

/// <summary>Turns what went wrong into a message and an exit code.</summary>
internal static class Failures
{
    /// <summary>Reports a command line that cannot be understood.</summary>
    public static int ReportMisuse(Terminal terminal, ParseResult parsed)
    {
        var command = CommandName(parsed);
        foreach (var error in parsed.Errors)
        {
            Print(terminal, nameof(OperationError.InvalidRequest), error.Message + Suggestion(parsed, parsed.UnmatchedTokens.FirstOrDefault(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))));
        }

        if (UnknownOption(parsed) is { } option)
        {
            Print(terminal, nameof(OperationError.InvalidRequest), $"Unknown option '{option}'.{Suggestion(parsed, option)}");
        }

        if (!terminal.Json)
        {
            terminal.Say($"See '{command} --help'.");
        }

        return parsed.CommandResult.Command.Name == StatusCommand.Name ? (int)AssessmentLevel.Unknown : ExitCode.Misuse;
    }

    /// <summary>Reports an exception.</summary>
    /// <param name="terminal">Where.</param>
    /// <param name="exception">What was thrown.</param>
    /// <param name="interrupted">True if somebody interrupted the program.</param>
    public static int Report(Terminal terminal, Exception exception, bool interrupted)
    {
        switch (exception)
        {
            case OperationCanceledException when interrupted:
                Print(terminal, nameof(OperationError.Cancelled), "interrupted");
                return ExitCode.Failed;
            case UsageException:
                Print(terminal, nameof(OperationError.InvalidRequest), exception.Message);
                return ExitCode.Misuse;
            case OperationException e:
                Print(terminal, e.Error.ToString(), e.Message);
                return ExitCode.Of(e.Error);
            case ArchiveException e:
                Print(terminal, e.Error.ToString(), e.Message);
                return ExitCode.Of(FailureTable.Of(e.Error));
            case SqliteOrchestrationException e:
                Print(
                    terminal,
                    nameof(OperationError.InvalidConfiguration),
                    e.Error == SqliteOrchestrationError.ForeignFile
                        ? $"{e.Message} If an earlier version of tfe-backup wrote it, let that version finish its operations, then move the file away or set State:Path to another."
                        : e.Message);
                return ExitCode.Misuse;
            case IOException or UnauthorizedAccessException:
                Print(terminal, nameof(OperationError.Unavailable), exception.Message);
                return ExitCode.Failed;
            default:
                // A defect of this program: whoever mends it needs to know where.
                Print(terminal, nameof(OperationError.Internal), $"internal error: {exception}");
                return ExitCode.Failed;
        }
    }

    /// <summary>Prints an error: a line for each of the message's, or one JSON object.</summary>
    public static void Print(Terminal terminal, string error, string message)
    {
        if (terminal.Json)
        {
            terminal.Say(JsonSerializer.Serialize(new ErrorDocument(error, message), CliJson.Default.ErrorDocument));
            return;
        }

        foreach (var line in message.Split('\n'))
        {
            terminal.SayWrapped($"tfe-backup: {Human.Plain(line)}");
        }
    }

    /// <summary>
    /// Finds an argument that looks like an option but is none. The parser takes it for an argument where one may stand, and a misspelt <c>--dry-run</c> must
    /// not be taken for anything else. Behind <c>--</c> everything is an argument.
    /// </summary>
    public static string? UnknownOption(ParseResult parsed) =>
        parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash)
            ? null
            : parsed.Tokens.FirstOrDefault(token => token.Type == TokenType.Argument && token.Value is ['-', _, ..])?.Value;

    private static string Suggestion(ParseResult parsed, string? word)
    {
        if (word is null)
        {
            return "";
        }

        var names = new List<string>();
        if (!word.StartsWith('-'))
        {
            names.AddRange(parsed.CommandResult.Command.Subcommands.Select(command => command.Name));
        }

        for (var result = parsed.CommandResult; word.StartsWith('-') && result is not null; result = result.Parent as CommandResult)
        {
            names.AddRange(result.Command.Options.Where(option => option.Recursive || result == parsed.CommandResult).Select(option => option.Name));
        }

        return Spelling.Nearest(word, names) is { } near ? $" Did you mean '{near}'?" : "";
    }

    private static string CommandName(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as CommandResult)
        {
            names.Insert(0, result.Command is RootCommand ? "tfe-backup" : result.Command.Name);
        }

        return string.Join(' ', names);
    }
}
