using System.CommandLine;
using System.Text;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Cli.Output;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>status [INSTALLATION]</c>: a plugin for monitoring systems, and the answer for people.</summary>
internal static class StatusCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "status";

    public static Command Create()
    {
        var installation = new Argument<string?>("INSTALLATION")
        {
            Description = "Show only this installation. [default: all]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        return new Command(
            Name,
            """
            Show for each installation whether there is a recent verified backup, the last drill, what is due next and what runs.

            Exit codes, as monitoring plugins have them: 0 ok, 1 warning, 2 critical (no verified backup within the RPO), 3 unknown.
            """)
        {
            installation,
        }.Does((context, cancellationToken) => RunAsync(context, context.Find(installation), cancellationToken), failure: (int)AssessmentLevel.Unknown);
    }

    private static async Task<int> RunAsync(CommandContext context, string? installation, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        if (installation is not null)
        {
            InstallationNames.Check(host.Configuration, installation);
        }

        var assessments = await host.Assessor.AssessAsync(installation, operation => OperationPrinter.IsInterrupted(host, operation), cancellationToken);
        var document = new StatusDocument(InstallationAssessment.Combine(assessments), [.. assessments.Select(assessment => Describe(host, assessment))]);
        context.Terminal.Write(document, CliJson.Default.StatusDocument, status => Print(status, context.Time.GetUtcNow()));
        return (int)document.Level;
    }

    private static InstallationStatusDocument Describe(OperationHost host, InstallationAssessment assessment) => new()
    {
        Installation = assessment.Installation,
        Level = assessment.Level,
        Reasons = assessment.Reasons,
        Backup = assessment.State?.LastVerified?.ToString(),
        Taken = assessment.State?.LastVerifiedTime,
        AgeSeconds = (long?)assessment.Age?.TotalSeconds,
        RpoSeconds = (long?)assessment.Rpo?.TotalSeconds,
        Size = assessment.State?.LastVerifiedSize,
        Stored = assessment.State?.Stored,
        StoredBytes = assessment.State?.StoredBytes,
        LastDrill = assessment.State?.LastDrillTime,
        NextBackup = assessment.NextBackup,
        NextDrill = assessment.NextDrill,
        Operations =
        [
            .. assessment.Operations.Select(operation => new RunningOperationDocument(
                operation.Id,
                operation.Name,
                operation.Created,
                OperationPrinter.IsInterrupted(host, operation),
                operation.Status?.Steps.LastOrDefault(step => step.State == OperationStepState.Running)?.Name,
                host.Progress.Find(operation.Id))),
        ],
    };

    private static string Print(StatusDocument status, DateTimeOffset now)
    {
        // The first line is what a monitoring system shows.
        var worst = status.Installations.FirstOrDefault(installation => installation.Level == status.Level);
        var said = worst switch
        {
            { Reasons: [var reason, ..] } => Human.Plain($"{worst.Installation}: {reason}"),
            _ => $"{Human.Count(status.Installations.Count, "installation")}, and nothing needs attention",
        };
        var level = Word(status.Level);
        var first = string.Join('\n', Screen.Wrap($"{level} - {said}", Screen.Width ?? int.MaxValue));
        var text = new StringBuilder(Paint(status.Level)).Append(first.AsSpan(level.Length)).Append('\n');
        foreach (var installation in status.Installations)
        {
            text.Append('\n').Append(installation.Installation).Append(": ").Append(Paint(installation.Level)).Append('\n').Append(Facts(installation, now));
        }

        return text.ToString();
    }

    private static FactSheet Facts(InstallationStatusDocument installation, DateTimeOffset now)
    {
        var facts = new FactSheet();
        foreach (var reason in installation.Reasons)
        {
            facts.Add("  Why", reason);
        }

        facts.Add("  Backup", installation is { Backup: { } backup, Taken: { } taken }
            ? $"{backup}, {Human.Duration(now - taken)} old{(installation.RpoSeconds is { } rpo ? $" (RPO {Human.Duration(TimeSpan.FromSeconds(rpo))})" : "")}, {Human.Size(installation.Size ?? 0)}"
            : installation.Stored is null ? null : "none");
        facts.Add("  Stored", installation is { Stored: > 0 and { } stored, StoredBytes: { } bytes } ? $"{Human.Count(stored, "backup")}, {Human.Size(bytes)}" : null);
        facts.Add("  Last drill", installation.LastDrill is { } drill ? $"passed {Human.Time(drill)}, {Human.Duration(now - drill)} ago" : null);
        facts.Add("  Next", Next(installation));
        foreach (var operation in installation.Operations)
        {
            facts.Add("  Running", Describe(operation, now));
        }

        return facts;
    }

    private static string? Next(InstallationStatusDocument installation)
    {
        var next = new[]
        {
            installation.NextBackup is { } backup ? $"backup {Human.Time(backup)}" : null,
            installation.NextDrill is { } drill ? $"drill {Human.Time(drill)}" : null,
        }.OfType<string>().ToList();
        return next.Count == 0 ? null : string.Join(", ", next);
    }

    private static string Describe(RunningOperationDocument operation, DateTimeOffset now)
    {
        var bytes = operation.Progress is { } progress ? $", {Human.Size(progress.Bytes)}" : "";
        return $"{operation.Id}{(operation.Interrupted ? ", interrupted" : "")}{(operation.Step is { } step ? $": {step}{bytes}" : "")}, for {Human.Duration(now - operation.Created)}";
    }

    private static string Word(AssessmentLevel level) => level.ToString().ToUpperInvariant();

    private static string Paint(AssessmentLevel level) => Screen.Paint(Word(level), level switch
    {
        AssessmentLevel.Ok => Colour.Green,
        AssessmentLevel.Critical => Colour.Red,
        _ => Colour.Yellow,
    });
}
