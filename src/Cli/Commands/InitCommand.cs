using System.CommandLine;
using TfeBackup.Cli.Configuration;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Passwords;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Hosting.Setup;

namespace TfeBackup.Cli.Commands;

/// <summary><c>init</c>: the first set-up, from options or a few questions.</summary>
internal static class InitCommand
{
    private static readonly Option<string> Name = new("--name") { Description = "Name of the installation.", HelpName = "INSTALLATION", DefaultValueFactory = _ => "production" };
    private static readonly Option<string?> Endpoint = new("--endpoint") { Description = "Address of the installation's backup service, below which /_backup/api/v1 answers.", HelpName = "URL" };
    private static readonly Option<string?> TokenFile = new("--token-file") { Description = "File whose first line is the service's token. [default: prompt on the terminal]", HelpName = "FILE" };
    private static readonly Option<string?> CaFile = new("--ca-file") { Description = "Certificate (PEM) of the authority that signed the service's. [default: the system's authorities]", HelpName = "FILE" };
    private static readonly Option<string?> Store = new("--store") { Description = "Directory for backups, or https://ACCOUNT.blob.core.windows.net/CONTAINER. [as the package's user: /var/lib/tfe-backup/store]", HelpName = "PLACE" };
    private static readonly Option<string?> State = new("--state") { Description = "File of the operations' histories. [default: beside the configuration; as the package's user: in /var/lib/tfe-backup]", HelpName = "FILE" };
    private static readonly Option<string?> Schedule = new("--schedule") { Description = "When backups are due (NCRONTAB, six fields). [default: every six hours]", HelpName = "CRON" };
    private static readonly Option<string?> Rpo = new("--rpo") { Description = "Maximum age of the newest verified backup. [default: two intervals of the schedule]", HelpName = "HH:MM:SS" };

    public static Command Create() =>
        new Command("init", "Write a first configuration with its secrets (readable by you alone), from options or a few questions. Nothing is replaced.")
        {
            Name, Endpoint, TokenFile, CaFile, Store, State, Schedule, Rpo,
        }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var canAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected;
        var isPackage = context.ConfigPath is null && PackageFolders.AreMine();
        var usualStore = isPackage ? $"{PackageFolders.Data}/store" : null;
        Option<string?>[] needed = usualStore is null ? [Endpoint, Store, TokenFile] : [Endpoint, TokenFile];
        var missing = needed.Where(option => context.Get(option) is null).Select(option => option.Name).ToList();
        if (!canAsk && missing.Count > 0)
        {
            throw new UsageException($"There is no terminal to ask on; use {string.Join(" and ", missing)}, too.");
        }

        var setup = new InitialSetup
        {
            Installation = context.Get(Name)!,
            Endpoint = context.Get(Endpoint) ?? Ask("Address of the backup service (https://tfe.example.com): "),
            Token = context.Get(TokenFile) is { } file
                ? await PasswordPrompt.ReadFileAsync(file, cancellationToken)
                : PasswordPrompt.Ask(context.Terminal, "Its API token, from the settings dashboard (not shown): "),
            Store = context.Get(Store) ?? (canAsk || usualStore is null
                ? Ask("Backups go to a directory or to https://ACCOUNT.blob.core.windows.net/CONTAINER\nWhere to: ", usualStore)
                : usualStore),
            CaFile = context.Get(CaFile),
            Rpo = context.Get(Rpo),
            State = context.Get(State) ?? (isPackage ? $"{PackageFolders.Data}/{StateDefinition.FileName}" : null),
        };
        if (context.Get(Schedule) is { } schedule)
        {
            setup = setup with { Schedule = schedule };
        }

        var path = context.ConfigPath ?? (isPackage ? ConfigurationFile.SystemPath : ConfigurationFile.DefaultPath);
        var written = setup.Write(path, context.Time.GetUtcNow(), document => ConfigurationFile.Read(document, path));
        context.Terminal.Write(new InitDocument(written), CliJson.Default.InitDocument, document => string.Concat(document.Written.Select(path => $"Wrote {path}\n")));
        context.Terminal.Note(
            $"The password of the backups is a new passphrase in {written[1]}. Keep a copy of that file away from this machine: nothing else opens the backups.\n"
            + (isPackage
                ? "Next: 'sudo -u tfe-backup tfe-backup doctor', and 'sudo systemctl enable --now tfe-backup', which takes a first backup at once."
                : $"Next: 'tfe-backup doctor', 'tfe-backup backup {setup.Installation}', and 'tfe-backup run' for the schedule."));
        return ExitCode.Done;

        string Ask(string question, string? usual = null)
        {
            context.Terminal.Ask(usual is null ? question : $"{question[..^2]} [{usual}]: ");
            return Console.ReadLine() is { Length: > 0 } answer ? answer.Trim() : usual ?? throw new UsageException("No answer was given.");
        }
    }
}
