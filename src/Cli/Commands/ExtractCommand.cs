using System.CommandLine;
using TfeBackup.Cli.Archives;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Cli.Passwords;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>extract BACKUP [PATH…] --to DIR</c>.</summary>
internal static class ExtractCommand
{
    public static Command Create()
    {
        var file = BackupNames.CreateFileArgument();
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Entries or folders to extract, such as database/public or objects/archive/17. [default: everything]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var to = new Option<string>("--to") { Description = "Folder to extract into; created if missing.", HelpName = "DIR", Required = true };
        var password = new PasswordOptions();
        var command = new Command("extract", "Extract entries of a backup into a folder. Existing files are not replaced, and only the requested parts of the backup are read.") { file, paths, to };
        password.AddTo(command);
        return command.Does((context, cancellationToken) =>
            RunAsync(context, context.Get(file), new EntrySelection(context.Get(paths)), context.Get(to)!, password, cancellationToken));
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        string path,
        EntrySelection selection,
        string to,
        PasswordOptions password,
        CancellationToken cancellationToken)
    {
        await using var file = await BackupFile.OpenAsync(path, context, cancellationToken);
        var secret = await context.GetPasswordAsync(password, file.Password, cancellationToken);
        var folder = new ExtractionFolder(to);
        var tally = new Tally();
        try
        {
            if (selection.IsEverything)
            {
                await ExtractAllAsync(file, secret, folder, tally, cancellationToken);
            }
            else
            {
                await ExtractSomeAsync(file, secret, selection, folder, tally, cancellationToken);
            }
        }
        catch when (tally.Files > 0)
        {
            context.Terminal.Say(
                $"{Human.Count(tally.Files, "complete file")} {(tally.Files == 1 ? "was" : "were")} kept in {folder.Root}. The backup was not fully verified: some entries may be missing.");
            throw;
        }

        if (selection.Missing.ToList() is { Count: > 0 } missing)
        {
            throw new OperationException(
                OperationError.NotFound,
                $"The backup has no entry {string.Join(", ", missing.Select(name => $"'{name}'"))}; everything else was extracted into {folder.Root}.");
        }

        context.Terminal.Write(
            new ExtractDocument(folder.Root, tally.Files, tally.Bytes),
            CliJson.Default.ExtractDocument,
            done => $"{Human.Count(done.Files, "file")}, {Human.Size(done.Bytes)}, in {done.Folder}; " + (selection.IsEverything
                ? "the whole backup was read and verified.\n"
                : "each matches the manifest. The rest of the backup was not read.\n"));
        return ExitCode.Done;
    }

    private static async Task ExtractAllAsync(BackupFile file, string password, ExtractionFolder folder, Tally tally, CancellationToken cancellationToken)
    {
        await using var reader = await file.ReadAsync(password, "extracting", cancellationToken);
        while (await reader.ReadAsync(cancellationToken) is { } entry)
        {
            await folder.WriteAsync(entry.Path, entry.Content, cancellationToken);
            tally.Add(entry.Size);
        }
    }

    private static async Task ExtractSomeAsync(
        BackupFile file, string password, EntrySelection selection, ExtractionFolder folder, Tally tally, CancellationToken cancellationToken)
    {
        await using var index = await file.ReadIndexAsync(password, cancellationToken);
        await foreach (var entry in index.ReadEntriesAsync(cancellationToken))
        {
            if (selection.Includes(entry.Path))
            {
                await using var content = await index.OpenEntryAsync(entry, cancellationToken);
                await folder.WriteAsync(entry.Path, content, cancellationToken);
                tally.Add(entry.Size);
            }
        }
    }

    /// <summary>Counts the files written so far.</summary>
    private sealed class Tally
    {
        public long Files { get; private set; }

        public long Bytes { get; private set; }

        public void Add(long bytes)
        {
            Files++;
            Bytes += bytes;
        }
    }
}
