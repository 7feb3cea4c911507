using System.CommandLine;
using TfeBackup.Archive;
using TfeBackup.Cli.Archives;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Cli.Passwords;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>ls BACKUP [PATH]</c>: what is in a backup, by its end alone.</summary>
internal static class LsCommand
{
    public static Command Create()
    {
        var backup = BackupNames.CreateFileArgument();
        var path = new Argument<string?>("PATH") { Description = "Folder or entry to list, such as database/public. [default: everything]", Arity = ArgumentArity.ZeroOrOne };
        var recursive = new Option<bool>("--recursive", "-R") { Description = "List every entry, and not what is directly in the folder." };
        var password = new PasswordOptions();
        var command = new Command("ls", "List what is in a backup. Only its end is read. With --json, one object a line.") { backup, path, recursive };
        password.AddTo(command);
        return command.Does((context, cancellationToken) =>
            RunAsync(context, context.Get(backup), context.Find(path)?.TrimEnd('/') ?? "", context.Get(recursive), password, cancellationToken));
    }

    private static async Task<int> RunAsync(
        CommandContext context, string name, string folder, bool recursive, PasswordOptions password, CancellationToken cancellationToken)
    {
        await using var file = await BackupFile.OpenAsync(name, context, cancellationToken);
        await using var index = await file.ReadIndexAsync(await context.GetPasswordAsync(password, file.Password, cancellationToken), cancellationToken);
        var selection = new EntrySelection(folder.Length == 0 ? [] : [folder]);
        var children = new SortedDictionary<string, EntryDocument>(StringComparer.Ordinal);
        await foreach (var entry in index.ReadEntriesAsync(cancellationToken))
        {
            if (!selection.Includes(entry.Path))
            {
                continue;
            }

            if (recursive)
            {
                // As it comes: there may be more than fit into memory.
                Write(context.Terminal, new EntryDocument(entry.Path, 1, entry.Size, entry.Rows, entry.Sha256));
                continue;
            }

            var child = ChildOf(folder, entry);
            children[child.Path] = children.TryGetValue(child.Path, out var known)
                ? known with { Entries = known.Entries + 1, Bytes = known.Bytes + child.Bytes, Rows = child.Rows is null ? known.Rows : (known.Rows ?? 0) + child.Rows }
                : child;
        }

        if (selection.Missing.Any())
        {
            throw new OperationException(OperationError.NotFound, $"The backup has no entry '{folder}'; 'tfe-backup ls {name}' lists what it has.");
        }

        if (!recursive)
        {
            Print(context.Terminal, children.Values);
        }

        return ExitCode.Done;
    }

    private static EntryDocument ChildOf(string folder, ArchiveIndexEntry entry)
    {
        var start = folder.Length == 0 ? 0 : folder.Length + 1;
        var slash = entry.Path.Length <= start ? -1 : entry.Path.IndexOf('/', start);
        return slash < 0
            ? new EntryDocument(entry.Path, 1, entry.Size, entry.Rows, entry.Sha256)
            : new EntryDocument(entry.Path[..(slash + 1)], 1, entry.Size, entry.Rows, null);
    }

    private static void Print(Terminal terminal, IReadOnlyCollection<EntryDocument> entries)
    {
        if (terminal.Json)
        {
            foreach (var entry in entries)
            {
                Write(terminal, entry);
            }

            return;
        }

        var table = new TextTable("ENTRY", ">ENTRIES", ">ROWS", ">SIZE");
        foreach (var entry in entries)
        {
            table.Add(entry.Path, Human.Count(entry.Entries), entry.Rows is { } rows ? Human.Count(rows) : "", Human.Size(entry.Bytes));
        }

        terminal.Write(table.ToString());
    }

    private static void Write(Terminal terminal, EntryDocument entry) =>
        terminal.Write(entry, CliJson.Default.EntryDocument, one => $"{Human.Size(one.Bytes),10}  {Human.Plain(one.Path)}\n");
}
