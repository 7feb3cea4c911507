using System.Text;

namespace TfeBackup.Engine.Application;

/// <summary>The result of a command.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">The end of what it wrote to its standard output.</param>
/// <param name="Errors">The end of what it wrote to its standard error.</param>
public sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    private const int LongestQuote = 600;

    /// <summary>True if <see cref="Output"/> is only the end of what the command wrote.</summary>
    public bool IsCut { get; init; }

    /// <summary>The end of its errors, or else of its output, as one line of bounded length: the cause of a failure comes last.</summary>
    public string OutputTail() => Quote(Errors.Trim().Length > 0 ? Errors : Output, fromEnd: true);

    /// <summary>The beginning of its output, or else of its errors, as one line of bounded length.</summary>
    public string OutputHead() => Quote(Output.Trim().Length > 0 ? Output : Errors, fromEnd: false);

    private static string Quote(string text, bool fromEnd)
    {
        text = text.Trim();
        var part = text.Length <= LongestQuote ? text : fromEnd ? text[^LongestQuote..] : text[..LongestQuote];
        var line = new StringBuilder(part.Length);
        foreach (var character in part)
        {
            line.Append(char.IsControl(character) ? ' ' : character);
        }

        return line.ToString();
    }
}
