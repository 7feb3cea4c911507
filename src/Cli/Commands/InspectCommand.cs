using System.CommandLine;
using TfeBackup.Archive;
using TfeBackup.Cli.Archives;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Cli.Passwords;

namespace TfeBackup.Cli.Commands;

/// <summary><c>inspect BACKUP</c>.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var file = BackupNames.CreateFileArgument();
        var quick = new Option<bool>("--quick")
        {
            Description = "Read only the end: fast at any size, but without verifying the rest.",
        };
        var password = new PasswordOptions();
        var command = new Command("inspect", "Verify a backup, and show what is in it.") { file, quick };
        password.AddTo(command);
        return command.Does((context, cancellationToken) => RunAsync(context, context.Get(file), context.Get(quick), password, cancellationToken));
    }

    private static async Task<int> RunAsync(
        CommandContext context, string path, bool quick, PasswordOptions password, CancellationToken cancellationToken)
    {
        await using var file = await BackupFile.OpenAsync(path, context, cancellationToken);
        var secret = await context.GetPasswordAsync(password, file.Password, cancellationToken);
        var tables = new TableTally();
        var (info, summary) = quick
            ? await ReadEndAsync(file, secret, tables, cancellationToken)
            : await ReadWholeAsync(file, secret, tables, cancellationToken);
        context.Terminal.Write(
            new InspectDocument
            {
                File = file.Name,
                Size = file.Size,
                Format = info.Format,
                Id = info.Id,
                Created = info.Created,
                Installation = info.Installation,
                ProductVersion = info.ProductVersion,
                PostgresVersion = info.PostgresVersion,
                ObjectsIncluded = info.ObjectsIncluded,
                Tables = tables.ToDocuments(),
                Rows = summary.Rows,
                TableBytes = summary.TableBytes,
                Objects = summary.Objects,
                ObjectBytes = summary.ObjectBytes,
                Vanished = summary.Vanished,
                Changed = summary.Changed,
                ManifestSha256 = summary.ManifestSha256,
                Proven = !quick,
            },
            CliJson.Default.InspectDocument,
            Print);
        return ExitCode.Done;
    }

    private static async Task<(BackupInfo Info, ArchiveSummary Summary)> ReadWholeAsync(
        BackupFile file, string password, TableTally tables, CancellationToken cancellationToken)
    {
        await using var reader = await file.ReadAsync(password, "reading", cancellationToken);
        while (await reader.ReadAsync(cancellationToken) is { } entry)
        {
            if (entry.Kind == ArchiveEntryKind.TablePart)
            {
                await tables.AddAsync(entry, cancellationToken);
            }
        }

        return (reader.Info, reader.Summary);
    }

    private static async Task<(BackupInfo Info, ArchiveSummary Summary)> ReadEndAsync(
        BackupFile file, string password, TableTally tables, CancellationToken cancellationToken)
    {
        await using var index = await file.ReadIndexAsync(password, cancellationToken);
        await foreach (var entry in index.ReadEntriesAsync(cancellationToken))
        {
            if (entry.Table is not null)
            {
                tables.Add(entry);
            }
        }

        return (index.Info, index.Summary);
    }

    private static string Print(InspectDocument backup)
    {
        var facts = new FactSheet()
            .Add("File", $"{backup.File}, {Human.Size(backup.Size)}")
            .Add("Backup", backup.Id)
            .Add("Installation", backup.Installation)
            .Add("Taken", Human.Time(backup.Created))
            .Add("Product", backup.ProductVersion)
            .Add("PostgreSQL", backup.PostgresVersion)
            .Add("Tables", $"{Human.Count(backup.Tables.Count)} with {Human.Count(backup.Rows)} rows, {Human.Size(backup.TableBytes)}")
            .Add("Objects", backup.ObjectsIncluded
                ? $"{Human.Count(backup.Objects)}, {Human.Size(backup.ObjectBytes)}"
                : "not in this backup (taken with skip_object_storage)")
            .Add("Changed", backup.Changed == 0 ? null : $"{Human.Count(backup.Changed, "object")} modified while being read")
            .Add("Vanished", backup.Vanished == 0 ? null : $"{Human.Count(backup.Vanished, "object")} deleted during the backup")
            .Add("Verified", backup.Proven
                ? "complete: every byte decrypted, every entry compared with the manifest"
                : "only the end; run without --quick to verify everything");
        var table = new TextTable("TABLE", ">PARTS", ">ROWS", ">SIZE");
        foreach (var row in backup.Tables)
        {
            table.Add($"{row.Schema}.{row.Table}", Human.Count(row.Parts), Human.Count(row.Rows), Human.Size(row.Bytes));
        }

        return backup.Tables.Count == 0 ? facts.ToString() : $"{facts}\n{table}";
    }
}
