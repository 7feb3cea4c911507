using System.CommandLine;
using TfeBackup.Cli.Configuration;
using TfeBackup.Cli.Output;
using TfeBackup.Cli.Passwords;
using TfeBackup.Hosting;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary>The context of a command: its arguments, the terminal and the clock.</summary>
internal sealed class CommandContext(ParseResult parsed, Terminal terminal, TimeProvider time)
{
    public Terminal Terminal => terminal;

    public TimeProvider Time => time;

    /// <summary><c>--config</c> as given; null where it was not.</summary>
    public string? ConfigPath => parsed.GetValue(CommandLine.ConfigOption);

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    public T? Find<T>(Argument<T> argument) => parsed.GetValue(argument);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    /// <summary>Reads the configuration; only commands that need it do.</summary>
    public BackupConfiguration LoadConfiguration() => ConfigurationFile.Load(ConfigPath);

    /// <summary>Gets the password of a file as the options say, or asks for it.</summary>
    /// <param name="options">The options.</param>
    /// <param name="stored">The secret that a stored backup names, where no option names another.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<string> GetPasswordAsync(PasswordOptions options, SecretReference? stored, CancellationToken cancellationToken)
    {
        if (Get(options.File) is { } file)
        {
            return await PasswordPrompt.ReadFileAsync(file, cancellationToken);
        }

        if ((Get(options.Secret) is { } name ? new SecretReference(name) : stored) is { } reference)
        {
            var secret = await new Composition(time: time).CreateSecretSource(LoadConfiguration().Secrets).GetAsync(reference, cancellationToken);
            return secret.Reveal();
        }

        return PasswordPrompt.Ask(Terminal, "Password of the backup: ");
    }
}
