using System.CommandLine;
using System.Text;
using DurableTask.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Cli.Configuration;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Cli.Output;
using TfeBackup.Hosting;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Hosting.Diagnosis;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>doctor</c>: looks at the whole set-up, and names what is wrong with a remedy.</summary>
internal static class DoctorCommand
{
    private const UnixFileMode OthersMayWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const int Indent = 9;

    public static Command Create() =>
        new Command(
            "doctor",
            """
            Examine the set-up: document, secrets, store, endpoints, certificates, tokens, Vault, restarts, clocks and schedules. Changes nothing.

            Exit codes: 0 nothing is broken (there may be warnings), 1 something is.
            """).Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var doctor = new SetupDoctor(new Composition(time: context.Time), NullLoggerFactory.Instance, context.Time);
        var findings = await doctor.ExamineAsync(
            context.LoadConfiguration, [(_, _) => Task.FromResult(ExamineFile(context)), (configuration, token) => ExamineStateAsync(context, configuration, token)], cancellationToken);
        var document = new DoctorDocument(
            findings.Count(finding => finding.Level == FindingLevel.Failed), findings.Count(finding => finding.Level == FindingLevel.Warning), findings);
        context.Terminal.Write(document, CliJson.Default.DoctorDocument, Print);
        return document.Failed > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    // Whoever may write the document says which commands run here.
    private static Finding ExamineFile(CommandContext context)
    {
        const string subject = "document";
        var path = Path.GetFullPath(context.ConfigPath ?? ConfigurationFile.UsualPath);
        return !OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & OthersMayWrite) != 0
            ? Finding.Failed(subject, $"Others may write {path}, and so say what is run and where backups go.", $"Take that away: chmod go-w '{path}'.")
            : Finding.Ok(subject, $"{path} can be written by its owner alone");
    }

    private static async Task<Finding> ExamineStateAsync(CommandContext context, BackupConfiguration configuration, CancellationToken cancellationToken)
    {
        const string subject = "state";
        try
        {
            await using var host = OperationHost.Open(context);
            await foreach (var operation in host.Queries.ListAsync(new OperationQuery { Limit = 1 }, cancellationToken))
            {
                _ = operation;
            }

            return configuration.Definitions.Any(installation => installation.Schedule is not null) && !OperationLock.IsSchedulerRunning(host.StateFolder)
                ? Finding.Warning("scheduler", "Backups are due by schedule, and nobody takes them: 'tfe-backup run' does not run on this machine.", "Start it: systemctl enable --now tfe-backup, or 'tfe-backup run'.")
                : Finding.Ok(subject, $"{host.StateFile} can be used");
        }
        catch (SqliteOrchestrationException e)
        {
            return Finding.Failed(subject, e.Message, "Set State:Path to another file, or let the software that wrote it finish and move it away.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Failed(subject, e.Message, "Set State:Path to a place that belongs to the user this runs as.");
        }
    }

    private static string Print(DoctorDocument document)
    {
        var text = new StringBuilder();
        foreach (var finding in document.Findings)
        {
            var (word, colour) = finding.Level switch
            {
                FindingLevel.Ok => ("ok", Colour.Green),
                FindingLevel.Warning => ("warning", Colour.Yellow),
                _ => ("FAILED", Colour.Red),
            };
            Append(Screen.Paint(word.PadRight(Indent), colour), $"{finding.Subject}: {finding.Detail}");
            if (finding.Remedy is { } remedy)
            {
                Append(new string(' ', Indent), $"-> {remedy}");
            }
        }

        return text.Append('\n').Append(document switch
        {
            { Failed: > 0 } => $"{Human.Count(document.Failed)} failed, {Human.Count(document.Warnings, "warning")}.\n",
            { Warnings: > 0 } => $"Nothing failed; {Human.Count(document.Warnings, "warning")}.\n",
            _ => "All is well.\n",
        }).ToString();

        void Append(string first, string words)
        {
            var lines = Screen.Wrap(Human.Plain(words), Screen.Width is { } columns ? columns - Indent : int.MaxValue);
            text.Append(first).AppendJoin("\n" + new string(' ', Indent), lines).Append('\n');
        }
    }
}
