using System.Text;
using TfeBackup.Cli.Output;

namespace TfeBackup.Cli.Passwords;

/// <summary>Reads a password.</summary>
internal static class PasswordPrompt
{
    // A terminal sends what is pasted at once; a password is never this long.
    private const int MaxLength = 4096;

    /// <summary>Reads it from the terminal without showing it.</summary>
    /// <exception cref="UsageException">There is no terminal to ask on.</exception>
    public static string Ask(Terminal terminal, string question)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            throw new UsageException(
                "A password is required, but there is no terminal to prompt on; use --password-secret NAME or --password-file FILE.");
        }

        terminal.Ask(question);
        var text = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    terminal.Say("");
                    return text.Length > 0 ? text.ToString() : throw new UsageException("No password was given.");
                case ConsoleKey.Backspace:
                    text.Length = Math.Max(0, text.Length - 1);
                    break;
                case ConsoleKey.U when key.Modifiers.HasFlag(ConsoleModifiers.Control):
                    text.Clear();
                    break;
                default:
                    if (!char.IsControl(key.KeyChar) && text.Length < MaxLength)
                    {
                        text.Append(key.KeyChar);
                    }

                    break;
            }
        }
    }

    /// <summary>Reads it from a file: the first line, without its end. A pipe is a file too.</summary>
    /// <exception cref="UsageException">The file cannot be read, or its first line is empty.</exception>
    public static async Task<string> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
            var line = await reader.ReadLineAsync(cancellationToken);
            return string.IsNullOrEmpty(line)
                ? throw new UsageException($"The password file {path} is empty; expected the password on its first line.")
                : line;
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"The password file {path} is not UTF-8 text.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The password file {path} cannot be read: {e.Message}");
        }
    }
}
