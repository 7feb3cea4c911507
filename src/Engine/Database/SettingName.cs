using System.Text;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Names of relations and columns as people write them in settings: as the catalogue spells them, joined by dots, or as SQL
/// does, where quotes keep a part as it is and everything else is lower case.
/// </summary>
internal static class SettingName
{
    /// <summary>The expected form of such a setting, for messages.</summary>
    public const string Spelling = "Spell names as in the catalogue or as in SQL: public.users, public.\"Legacy Users\"";

    /// <summary>Those of <paramref name="items"/> that <paramref name="text"/> names. The catalogue's own spelling goes first.</summary>
    /// <param name="text">The name in the setting.</param>
    /// <param name="items">The items that can be named.</param>
    /// <param name="parts">An item's name, in parts.</param>
    public static IReadOnlyList<T> Find<T>(string text, IReadOnlyCollection<T> items, Func<T, string[]> parts)
    {
        T[] spelt = [.. items.Where(item => string.Join('.', parts(item)) == text)];
        return spelt.Length > 0 || Parse(text) is not { } names ? spelt : [.. items.Where(item => parts(item).AsSpan().SequenceEqual(names))];
    }

    /// <summary>The parts of a name as SQL reads it; null where it is none.</summary>
    public static string[]? Parse(string text)
    {
        var parts = new List<string>();
        var at = 0;
        while (true)
        {
            var part = new StringBuilder();
            if (at < text.Length && text[at] == '"')
            {
                for (at++; ; at++)
                {
                    if (at == text.Length)
                    {
                        return null;
                    }

                    if (text[at] == '"' && (++at == text.Length || text[at] != '"'))
                    {
                        break;
                    }

                    part.Append(text[at]);
                }
            }
            else
            {
                var end = text.IndexOf('.', at);
                end = end < 0 ? text.Length : end;

                // PostgreSQL folds ASCII letters, whatever the locale.
                part.Append(string.Concat(text[at..end].Select(static c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : c)));
                at = end;
            }

            if (part.Length == 0 || (at < text.Length && text[at] != '.'))
            {
                return null;
            }

            parts.Add(part.ToString());
            if (at == text.Length)
            {
                return [.. parts];
            }

            at++;
        }
    }
}
