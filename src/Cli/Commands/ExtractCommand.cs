using System.CommandLine;
using TfeBackup.Cli.Archives;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Cli.Passwords;
using TfeBackup.Workflows;

namespace TfeBackup.Cli.Commands;

/// <summary><c>extract FILE [PATH…] --to DIR</c>.</summary>
internal static class ExtractCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A backup file on this machine." };
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Entries, or folders of entries, such as database/public or objects/archive/17. [default: everything]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var to = new Option<string>("--to") { Description = "Folder to extract into; created where it does not exist.", HelpName = "DIR", Required = true };
        var password = new PasswordOptions();
        var command = new Command("extract", "Write entries of a backup file into a folder. Nothing that is there is replaced.") { file, paths, to };
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
        await using var file = BackupFile.Open(path, context.Terminal, context.Time);
        var secret = await context.GetPasswordAsync(password, cancellationToken);
        await using var reader = await file.ReadAsync(secret, "extracting", cancellationToken);
        var folder = new ExtractionFolder(to);
        long files = 0;
        long bytes = 0;
        try
        {
            while (await reader.ReadAsync(cancellationToken) is { } entry)
            {
                if (selection.Includes(entry.Path))
                {
                    await folder.WriteAsync(entry.Path, entry.Content, cancellationToken);
                    files++;
                    bytes += entry.Size;
                }
            }
        }
        catch when (files > 0)
        {
            context.Terminal.Say(
                $"{Human.Count(files)} files that were complete by then are kept in {folder.Root}. The backup was not proven whole: something may be missing from them.");
            throw;
        }

        if (selection.Missing.ToList() is { Count: > 0 } missing)
        {
            throw new WorkflowException(
                WorkflowError.NotFound,
                $"The backup has no entry {string.Join(", ", missing.Select(name => $"'{name}'"))}; everything else that was asked for is in {folder.Root}.");
        }

        context.Terminal.Write(
            new ExtractDocument(folder.Root, files, bytes),
            CliJson.Default.ExtractDocument,
            done => $"{Human.Count(done.Files)} files, {Human.Size(done.Bytes)}, in {done.Folder}; the backup was read to its end and is whole.\n");
        return ExitCode.Done;
    }
}
