namespace TfeBackup.Engine.Application;

/// <summary>Commands, which are lists of a program and its arguments, as a text.</summary>
public static class CommandLine
{
    /// <summary>A command as an operator would type it, for messages.</summary>
    public static string Display(IReadOnlyList<string> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return string.Join(' ', command.Select(part => part.Length > 0 && part.All(IsPlain) ? part : Quote(part)));
    }

    /// <summary>
    /// A command for a POSIX shell, every part of it in single quotes, in which nothing has a meaning but the quote itself
    /// (POSIX.1, Shell Command Language, 2.2.2).
    /// </summary>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>: a part holds a NUL, which no argument can.</exception>
    public static string ForShell(IReadOnlyList<string> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return command.Any(part => part.Contains('\0', StringComparison.Ordinal))
            ? throw new EngineException(EngineError.InvalidRequest, $"The command '{command[0].Replace('\0', ' ')}' has an argument with a NUL character.")
            : string.Join(' ', command.Select(Quote));
    }

    private static bool IsPlain(char c) => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or '=' or ':' or ',' or '@' or '%' or '+' or '^';

    private static string Quote(string part) => $"'{part.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
