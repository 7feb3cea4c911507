using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Hosting;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Cli.Commands;

/// <summary><c>show BACKUP</c>.</summary>
internal static class ShowCommand
{
    public static Command Create()
    {
        var backup = BackupNames.CreateArgument();
        return new Command("show", "Show a backup: its record and the checks since.") { backup }
            .Does((context, cancellationToken) => RunAsync(context, context.Get(backup), cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, string name, CancellationToken cancellationToken)
    {
        var store = new Composition(time: context.Time).CreateStore(context.LoadConfiguration().Store);
        var finder = new BackupFinder(store);
        var (record, _) = await finder.FindAsync(name, cancellationToken);
        var checks = new List<CheckRecord>();
        await foreach (var check in store.ListChecksAsync(record.Key, cancellationToken))
        {
            checks.Add(check);
        }

        context.Terminal.Write(new BackupDocument(store.Description, await finder.DescribeAsync(record, cancellationToken), checks), CliJson.Default.BackupDocument, Print);
        return ExitCode.Done;
    }

    private static string Print(BackupDocument document)
    {
        var record = document.Record;
        var took = record.Finished - record.Started;
        var facts = new FactSheet()
            .Add("Backup", record.Key.ToString())
            .Add("Store", document.Store)
            .Add("Why", Words.Of(record.Purpose))
            .Add("Operation", record.OperationId)
            .Add("Taken", $"{Human.Time(record.Started)}, in {Human.Duration(took)}")
            .Add("Size", $"{Human.Size(record.Size)} ({Human.Count(record.Size)} bytes)")
            .Add("SHA-256", record.Sha256)
            .Add("Format", Words.OfFormat(record.Format))
            .Add("Objects", record.ObjectsIncluded ? "included" : "not included")
            .Add("Product", record.ProductVersion)
            .Add("PostgreSQL", record.PostgresVersion)
            .Add("Password", $"secret {record.Password}")
            .Add("Verified", Describe(record.Verification))
            .Add("Last check", record.LastCheck is { } last ? $"{Words.Of(last)} at {Human.Time(last.Time)}" : "none since it was published")
            .Add("Latest", record.IsLatest ? "yes" : record.PassedOver is { } reason ? $"passed over: {reason}" : "no, there is a newer one");
        if (document.Checks.Count == 0)
        {
            return facts.ToString();
        }

        var table = new TextTable("CHECKED", "RESULT", "OPERATION", "DETAIL");
        foreach (var check in document.Checks)
        {
            table.Add(
                Human.Time(check.Time),
                check.Passed ? "passed" : "FAILED",
                check.OperationId,
                check.Failure ?? (check.Verification is { } proof ? Describe(proof) : ""));
        }

        return $"{facts}\n{table}";
    }

    private static string Describe(BackupVerification proof)
    {
        var counts = new[]
        {
            proof.Rows is { } rows ? $"{Human.Count(rows)} rows" : null,
            proof.Objects is { } objects ? $"{Human.Count(objects, "object")}" : null,
            proof.Vanished is > 0 and { } vanished ? $"{Human.Count(vanished, "object")} deleted during the backup" : null,
            proof.Columns?.Sum(static column => column.Decrypted) is { } values ? $"{Human.Count(values, "value")} decrypted" : null,
            proof.Columns?.Count(static column => column is { Decrypted: 0, Plain: > 0 }) is > 0 and { } plain ? $"{Human.Count(plain, "column")} configured as encrypted without ciphertext" : null,
            proof.Broken is { Count: > 0 } broken ? $"rows violate {string.Join(", ", broken)}" : null,
        };
        return string.Join(
            ", ", counts.OfType<string>().Prepend($"{Words.OfMethod(proof.Method)}, read back by {Human.Time(proof.Finished)}"));
    }
}
