using System.CommandLine;

namespace TfeBackup.Cli.Passwords;

/// <summary>The options that give a command the password of a file: never as an argument, where every user of the machine could read it.</summary>
internal sealed class PasswordOptions
{
    /// <summary><c>--password-secret</c>.</summary>
    public Option<string?> Secret { get; } = new("--password-secret")
    {
        Description = "Secret that holds the password, in the configured secret source.",
        HelpName = "NAME",
    };

    /// <summary><c>--password-file</c>.</summary>
    public Option<string?> File { get; } = new("--password-file")
    {
        Description = "File whose first line is the password. [default: the secret that a stored backup names; for files, prompt on the terminal]",
        HelpName = "FILE",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(Secret);
        command.Options.Add(File);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Secret) is not null && result.GetResult(File) is not null)
            {
                result.AddError("Options '--password-secret' and '--password-file' cannot be combined.");
            }
        });
    }
}
