using System.Text;

namespace TfeBackup.Engine.Application;

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">The end of what it wrote to its standard output.</param>
/// <param name="Errors">The end of what it wrote to its standard error.</param>
public sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    private const int LongestQuote = 600;

    /// <summary>Whether <see cref="Output"/> is only the end of what the command wrote.</summary>
    public bool IsCut { get; init; }

    /// <summary>The end of what it said, as one line of a bounded length: of its errors where there are any, since what went wrong stands at the end.</summary>
    public string LastWords() => Quote(Errors.Trim().Length > 0 ? Errors : Output, fromEnd: true);

    /// <summary>The beginning of what it answered, as one line of a bounded length.</summary>
    public string FirstWords() => Quote(Output.Trim().Length > 0 ? Output : Errors, fromEnd: false);

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
