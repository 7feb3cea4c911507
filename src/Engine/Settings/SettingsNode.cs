using System.Globalization;
using System.Text.RegularExpressions;

namespace TfeBackup.Engine.Settings;

/// <summary>A section of settings, over pairs of key and value as configurations flatten them: <c>Vault:Columns:public.t.c</c>.</summary>
/// <param name="values">The values by key, relative to the outermost section; keys know no case.</param>
/// <param name="path">The section's full path, for messages.</param>
/// <param name="prefix">What the section's keys begin with in <paramref name="values"/>.</param>
/// <param name="problem">Told of what is wrong, with the full path of the setting.</param>
internal sealed class SettingsNode(IReadOnlyDictionary<string, string> values, string path, string prefix, Action<string, string> problem)
{
    /// <summary>The outermost section, over pairs in any order.</summary>
    public static SettingsNode Of(IEnumerable<KeyValuePair<string, string?>> values, string path, Action<string, string> problem)
    {
        ArgumentNullException.ThrowIfNull(values);
        var byKey = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in values)
        {
            if (value is not null && key.Length > 0)
            {
                byKey[key] = value;
            }
        }

        return new SettingsNode(byKey, path, "", problem);
    }

    public string Path => path;

    public bool Exists => Names.Any();

    /// <summary>The names directly below this section, in no particular order.</summary>
    public IEnumerable<string> Names =>
        values.Keys
            .Where(key => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(key => key[prefix.Length..].Split(':')[0])
            .Distinct(StringComparer.OrdinalIgnoreCase);

    public string? this[string name] => values.GetValueOrDefault(prefix + name);

    public SettingsNode Section(string name) => new(values, $"{path}:{name}", $"{prefix}{name}:", problem);

    public IReadOnlyList<string> List(string name)
    {
        // By index: "10" after "9", in whatever order the pairs came.
        var section = Section(name);
        return [.. section.Names
            .OrderBy(key => int.TryParse(key, CultureInfo.InvariantCulture, out var index) ? index : int.MaxValue)
            .Select(key => section[key]).OfType<string>().Where(value => value.Length > 0)];
    }

    public string Required(string name, string expected)
    {
        if (string.IsNullOrWhiteSpace(this[name]))
        {
            Wrong(name, expected + "; it is missing");
            return "";
        }

        return this[name]!;
    }

    public bool Boolean(string name, bool otherwise)
    {
        if (string.IsNullOrEmpty(this[name]))
        {
            return otherwise;
        }

        if (!bool.TryParse(this[name], out var value))
        {
            Wrong(name, $"'true' or 'false'; found '{this[name]}'");
        }

        return value;
    }

    public Uri? Address(string name, bool required)
    {
        var text = required ? Required(name, "an http or https address") : this[name];
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            return address;
        }

        Wrong(name, "an http or https address");
        return null;
    }

    public TimeSpan? Duration(string name)
    {
        var text = this[name];
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        // "24" would be read as 24 days by .NET and as hours by most people: refused.
        if (text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value > TimeSpan.Zero)
        {
            return value;
        }

        Wrong(name, $"a time of the form [days.]hours:minutes:seconds, for example 0:15:00; found '{text}'");
        return null;
    }

    public int Count(string name, int otherwise)
    {
        var text = this[name];
        if (string.IsNullOrWhiteSpace(text))
        {
            return otherwise;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= 100_000)
        {
            return value;
        }

        Wrong(name, $"a whole number from 0 to 100000; found '{text}'");
        return otherwise;
    }

    public T? Choice<T>(string name)
        where T : struct, Enum
    {
        var expected = string.Join(" or ", Enum.GetNames<T>());
        var text = Required(name, expected);
        if (TryChoose<T>(text) is { } choice)
        {
            return choice;
        }

        if (text.Length > 0)
        {
            Wrong(name, $"{expected}; found '{text}'");
        }

        return null;
    }

    // A number is no name.
    private static T? TryChoose<T>(string text)
        where T : struct, Enum =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) ? value : null;

    /// <summary>A program and its arguments, one an element; empty where there is none.</summary>
    public IReadOnlyList<string> Command(string name)
    {
        if (this[name] is { Length: > 0 })
        {
            Wrong(name, "a list, program first, one argument an element (it is run without a shell); it is a single text");
            return [];
        }

        var section = Section(name);
        return [.. section.Names
            .OrderBy(key => int.TryParse(key, CultureInfo.InvariantCulture, out var index) ? index : int.MaxValue)
            .Select(key => section[key] ?? "")];
    }

    public string? Pattern(string name)
    {
        var text = this[name];
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        try
        {
            _ = new Regex(text, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            return text;
        }
        catch (RegexParseException e)
        {
            Wrong(name, $"a regular expression of .NET's: {e.Message}");
            return null;
        }
    }

    public void ExactlyOne(params ReadOnlySpan<string> names)
    {
        var set = 0;
        foreach (var name in names)
        {
            set += string.IsNullOrEmpty(this[name]) ? 0 : 1;
        }

        if (set != 1)
        {
            problem(
                string.Join(" or ", names.ToArray().Select(name => $"{path}:{name}")),
                $"expected exactly one of them, found {(set == 0 ? "neither" : "both")}");
        }
    }

    public void AllowOnly(IReadOnlyCollection<string> known)
    {
        foreach (var name in Names.Where(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            problem($"{path}:{name}", $"no such setting. {path} has {string.Join(", ", known)}");
        }
    }

    public void Wrong(string name, string expected) => problem($"{path}:{name}", $"expected {expected}");
}
