using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Hosting;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Cli.Commands;

/// <summary><c>list [INSTALLATION]</c>.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var installation = new Argument<string?>("INSTALLATION")
        {
            Description = "List only this installation's backups. [default: all]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        return new Command("list", "List the backups in the store, newest first, with their last check and which one is the latest.") { installation }
            .Does((context, cancellationToken) => RunAsync(context, context.Find(installation), cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, string? installation, CancellationToken cancellationToken)
    {
        // Backups outlive the configuration of their installation: a name that is not configured is no error here.
        if (installation is not null)
        {
            InstallationName.Check(installation);
        }

        var store = new Composition(time: context.Time).CreateStore(context.LoadConfiguration().Store);
        var records = await new BackupFinder(store).ListAsync(installation, cancellationToken);
        context.Terminal.Write(records, CliJson.Default.IReadOnlyListListedBackup, list => Print(list, context.Time.GetUtcNow()));
        if (records.Count == 0)
        {
            context.Terminal.Say($"No backups{(installation is null ? "" : $" of {installation}")} in {store.Description}.");
        }

        return ExitCode.Done;
    }

    private static string Print(IReadOnlyList<ListedBackup> records, DateTimeOffset now)
    {
        if (records.Count == 0)
        {
            return "";
        }

        // The name says when a backup was taken; `show` and `--json` say the rest.
        var table = new TextTable("BACKUP", ">AGE", ">SIZE", "VERIFIED", "LAST CHECK", "NOTE");
        foreach (var record in records)
        {
            table.Add(
                record.Key.ToString(),
                Human.Duration(now - record.Started),
                Human.Size(record.Size),
                Words.OfMethod(record.Verification.Method),
                record.LastCheck is { } check ? $"{Words.Of(check)} {Human.Duration(now - check.Time)} ago" : "",
                string.Join(", ", Notes(record)));
        }

        return table.ToString();
    }

    private static IEnumerable<string> Notes(ListedBackup record)
    {
        if (record.IsLatest)
        {
            yield return "latest";
        }

        if (record.Purpose == BackupPurpose.Safety)
        {
            yield return "safety backup, never latest";
        }
        else if (record.PassedOver is not null)
        {
            yield return "PASSED OVER";
        }

        if (!record.ObjectsIncluded)
        {
            yield return "no objects";
        }
    }
}
