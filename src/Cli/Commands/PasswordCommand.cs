using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Passwords;
using TfeBackup.Hosting;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Hosting.Setup;
using TfeBackup.Local.Secrets;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>password new</c> and <c>password rotate INSTALLATION</c>.</summary>
internal static class PasswordCommand
{
    public static Command Create() => new("password", "Make passwords for backups, and rotate them.") { CreateNew(), CreateRotate() };

    private static Command CreateNew()
    {
        var words = new Option<int>("--words")
        {
            Description = $"Number of words, {Passphrase.BitsPerWord} bits each.",
            HelpName = "N",
            DefaultValueFactory = _ => Passphrase.UsualWords,
        };
        words.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!int.TryParse(token.Value, out var number) || number is < 5 or > 64))
            {
                result.AddError("'--words' must be a number from 5 to 64.");
            }
        });
        var save = new Option<string?>("--save") { Description = "Add it to the secrets file under this name, as a new version, instead of printing it.", HelpName = "NAME" };
        return new Command("new", "Make a strong passphrase, and say how strong it is.") { words, save }
            .Does((context, cancellationToken) => NewAsync(context, context.Get(words), context.Get(save), cancellationToken));
    }

    private static Command CreateRotate()
    {
        var installation = InstallationNames.CreateArgument();
        var file = new Option<string?>("--password-file") { Description = "File whose first line is the new password. [default: a new passphrase]", HelpName = "FILE" };
        return new Command("rotate", "Give an installation's backups a new password. The old version stays in the secrets file, for the backups made with it.") { installation, file }
            .Does((context, cancellationToken) => RotateAsync(context, context.Get(installation), context.Get(file), cancellationToken));
    }

    private static async Task<int> NewAsync(CommandContext context, int words, string? save, CancellationToken cancellationToken)
    {
        var passphrase = Passphrase.Create(words);
        var bits = words * Passphrase.BitsPerWord;
        if (save is null)
        {
            context.Terminal.Write(new PasswordDocument(passphrase, bits), CliJson.Default.PasswordDocument, password => $"{password.Password}\n");
            context.Terminal.Note($"{bits} bits of randomness: {words} words of {Passphrase.BitsPerWord} bits. Keep a copy away from this machine: nothing else opens the backups.");
            return ExitCode.Done;
        }

        var secrets = context.LoadConfiguration().Secrets;
        if (secrets is not { Kind: SecretsKind.File, Path: { } path })
        {
            throw new UsageException("'--save' needs secrets in a file (Secrets:Kind = File).");
        }

        var version = await new FileSecretSource(path).AddVersionAsync(save, context.Time.GetUtcNow().ToString("yyyy-MM-dd"), passphrase, cancellationToken);
        return Print(context, new SecretReference(save, version), path);
    }

    private static async Task<int> RotateAsync(CommandContext context, string installation, string? file, CancellationToken cancellationToken)
    {
        var configuration = context.LoadConfiguration();
        InstallationNames.Check(configuration, installation);
        var value = file is null ? null : await PasswordPrompt.ReadFileAsync(file, cancellationToken);
        var secret = await new PasswordRotation(new Composition(time: context.Time), configuration, context.Time).RotateAsync(installation, value, cancellationToken);
        return Print(context, secret, configuration.Secrets.Path!);
    }

    private static int Print(CommandContext context, SecretReference secret, string path)
    {
        context.Terminal.Write(
            new RotationDocument(secret.Name, secret.Version!, path),
            CliJson.Default.RotationDocument,
            rotated => $"The secret {rotated.Secret} in {rotated.File} has the new version {rotated.Version}. Backups from now on are made with it; older ones are opened with theirs.\n");
        context.Terminal.Note($"Keep a copy of {path} away from this machine: nothing else opens the backups.");
        return ExitCode.Done;
    }
}
