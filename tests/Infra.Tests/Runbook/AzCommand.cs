using System.Text;
using System.Text.RegularExpressions;

namespace TfeBackup.Infra.Tests.Runbook;

/// <summary>A call of the Azure CLI in a page or script.</summary>
/// <param name="Name">The command, without <c>az</c>.</param>
/// <param name="Options">Its options, with their dashes.</param>
internal sealed partial record AzCommand(string Name, IReadOnlyList<string> Options)
{
    /// <summary>Finds the calls in a text, those within other calls too.</summary>
    public static IEnumerable<AzCommand> Find(string text)
    {
        text = Continuation().Replace(text, " ");
        foreach (Match call in Call().Matches(text))
        {
            var words = ReadCommand(text, call.Index + call.Length).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var name = words.TakeWhile(word => Word().IsMatch(word)).ToList();

            // "az config set bicep.use_binary…" and the like: what follows is an argument already.
            yield return new AzCommand(string.Join(' ', name), [.. words.Skip(name.Count).Where(word => word.StartsWith('-')).Select(word => word.Split('=')[0])]);
        }
    }

    /// <summary>The rest of a command, without what is quoted or substituted.</summary>
    private static string ReadCommand(string text, int at)
    {
        var command = new StringBuilder();
        var depth = 0;
        var quote = '\0';
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == '(')
            {
                depth++;
            }
            else if (c == ')' && depth-- == 0)
            {
                break;
            }
            else if (depth == 0 && c != ')')
            {
                if (c is '|' or ';' or '&' or '\n' or '`' or '#')
                {
                    break;
                }

                command.Append(c);
            }
        }

        return command.ToString();
    }

    [GeneratedRegex(@"\\\n *")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"(?<![\w/.-])az (?=[a-z])")]
    private static partial Regex Call();

    [GeneratedRegex("^[a-z][a-z0-9-]*$")]
    private static partial Regex Word();
}
