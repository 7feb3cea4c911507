using System.Globalization;
using System.Text.RegularExpressions;

namespace TfeBackup.Engine.Settings;

/// <summary>A section of settings. A reading that found a fault reports it and returns something harmless.</summary>
public sealed class SettingsNode
{
    private readonly SettingsDocument _document;

    internal SettingsNode(SettingsDocument document, string path)
    {
        _document = document;
        Path = path;
    }

    /// <summary>The section's full path; empty for the document.</summary>
    public string Path { get; }

    /// <summary>There is something in the section.</summary>
    public bool Exists => !string.IsNullOrEmpty(_document[Path]) || _document.ChildNames(Path).Any();

    /// <summary>The setting, or anything in the section, is there.</summary>
    public bool Has(string name) => new SettingsNode(_document, Join(name)).Exists;

    /// <summary>The child names of a section whose names the operator chooses.</summary>
    public IEnumerable<string> ReadNames()
    {
        _document.Ask(Path, new Setting(SettingKind.Map));
        return _document.ChildNames(Path);
    }

    /// <summary>A section of this one, which need not exist.</summary>
    public SettingsNode Section(string name)
    {
        Ask(name, new Setting(SettingKind.Section));
        return new SettingsNode(_document, Join(name));
    }

    /// <summary>A text; null where it is missing or blank.</summary>
    public string? Text(string name, string? expected = null) => Read(name, SettingKind.Text, expected);

    /// <summary>A text that must not be missing.</summary>
    public string Required(string name, string expected) => Require(name, Text(name, expected), expected) ?? "";

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool otherwise = false)
    {
        var text = Read(name, SettingKind.Flag);
        if (text is null || bool.TryParse(text, out var value))
        {
            return text is null ? otherwise : bool.Parse(text);
        }

        AddError(name, "true or false");
        return otherwise;
    }

    /// <summary>A whole number.</summary>
    public int Count(string name, int otherwise = 0, int least = 0, int most = 100_000)
    {
        var text = Read(name, SettingKind.Count);
        if (text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most))
        {
            return text is null ? otherwise : int.Parse(text, CultureInfo.InvariantCulture);
        }

        AddError(name, $"a whole number from {least} to {most}");
        return otherwise;
    }

    /// <summary>A time.</summary>
    public TimeSpan? Duration(string name)
    {
        var text = Read(name, SettingKind.Duration);

        // "24" would be read as 24 days by .NET and as hours by most people: refused.
        if (text is not null && text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value > TimeSpan.Zero)
        {
            return value;
        }

        if (text is not null)
        {
            AddError(name, "a time such as 1.02:00:00");
        }

        return null;
    }

    /// <summary>An http or https address, never quoted: it may carry credentials.</summary>
    public Uri? Address(string name, string expected = "https://host[:port], without user or password")
    {
        var text = Read(name, SettingKind.Address, expected);
        if (text is null || (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" && address.UserInfo.Length == 0))
        {
            return text is null ? null : new Uri(text);
        }

        AddSecretError(name, expected);
        return null;
    }

    /// <summary>An http or https address that must not be missing.</summary>
    public Uri RequiredAddress(string name)
    {
        var address = Address(name);
        _ = Require(name, Text(name), "https://host[:port], without user or password");
        return address ?? new Uri("https://invalid");
    }

    /// <summary>A file's or directory's full path.</summary>
    public string? FilePath(string name) => Text(name) is { } text ? System.IO.Path.GetFullPath(text, _document.BaseDirectory) : null;

    /// <summary>One of an enumeration's names; null if it is missing or invalid.</summary>
    public T? Choice<T>(string name, bool required = false)
        where T : struct, Enum
    {
        var expected = string.Join(" or ", Enum.GetNames<T>());
        Ask(name, new Setting(SettingKind.Choice, null, Enum.GetNames<T>()));
        var choice = Choose<T>(Join(name));
        if (choice is null && (required || Value(name) is not null))
        {
            AddError(name, expected);
        }

        return choice;
    }

    /// <summary>Some of an enumeration's names.</summary>
    public IReadOnlyList<T> Choices<T>(string name)
        where T : struct, Enum
    {
        Ask(name, new Setting(SettingKind.List, null, Enum.GetNames<T>()));
        var expected = string.Join(" or ", Enum.GetNames<T>());
        return ReadItems(name, $"a list of {expected}", secret: false)
            .Select(item => Section(name).Choice<T>(item, required: true)).OfType<T>().Distinct().ToList();
    }

    /// <summary>A list of texts without blank ones.</summary>
    public IReadOnlyList<string> List(string name) =>
        [.. ReadItems(name, "a list", secret: false).Select(item => Section(name).Text(item)).OfType<string>()];

    /// <summary>A program and its arguments, one per element; empty if it is missing.</summary>
    public IReadOnlyList<string> Command(string name, bool required = false)
    {
        const string expected = "a list: the program, then one argument per element (no shell is involved)";
        var command = ReadItems(name, expected, secret: true).Select(item => Section(name).Text(item) ?? _document[$"{Join(name)}:{item}"] ?? "").ToList();
        if (required && (command.Count == 0 || command[0].Length == 0))
        {
            AddSecretError(name, expected);
        }

        return command;
    }

    /// <summary>A regular expression.</summary>
    public string? Pattern(string name)
    {
        var text = Text(name);
        try
        {
            _ = new Regex(text ?? "", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (RegexParseException e)
        {
            AddError(name, $"a regular expression in .NET's syntax: {e.Message}");
        }

        return text;
    }

    /// <summary>Reports settings of which exactly one must be set.</summary>
    public void ExactlyOne(params IReadOnlyList<string> names)
    {
        var found = names.Count(name => Text(name) is not null);
        if (found != 1)
        {
            _document.Report(
                string.Join(" or ", names.Select(Join)),
                $": found {(found == 0 ? names.Count == 2 ? "neither" : "none" : found == 2 && names.Count == 2 ? "both" : $"{found}")}; expected exactly one of them");
        }
    }

    /// <summary>Accepts every name in the section: it belongs to other software, or its kind is itself wrong.</summary>
    public void AllowAll() => _document.Open(Path + ":");

    /// <summary>Reports a wrong or missing value.</summary>
    public void AddError(string name, string expected) =>
        Report(name, Value(name) is { } found ? $": found '{found}'; expected {expected}" : $" is missing; expected {expected}");

    /// <summary>Reports a wrong or missing value without quoting it.</summary>
    public void AddSecretError(string name, string expected) =>
        Report(name, Value(name) is null ? $" is missing; expected {expected}" : $": expected {expected}");

    /// <summary>Reports a setting that is not allowed.</summary>
    public void NotAllowed(string name, string when) => Refuse(name, $" is not allowed {when}; remove it");

    /// <summary>Reports a setting, and no further errors below it.</summary>
    public void Refuse(string name, string problem)
    {
        _document.Open(Join(name));
        Report(name, problem);
    }

    /// <summary>Reports a setting, or the section itself.</summary>
    public void Report(string? name, string problem) => _document.Report(name is null ? Path : Join(name), problem);

    private string? Value(string name) => string.IsNullOrWhiteSpace(_document[Join(name)]) ? null : _document[Join(name)];

    private string? Require(string name, string? text, string expected)
    {
        if (text is null)
        {
            Report(name, $" is missing; expected {expected}");
        }

        return text;
    }

    private string? Read(string name, SettingKind kind, string? expected = null)
    {
        Ask(name, new Setting(kind, expected));
        return Value(name);
    }

    // By index: "10" after "9", in whatever order the pairs came.
    private IEnumerable<string> ReadItems(string name, string expected, bool secret)
    {
        Ask(name, new Setting(SettingKind.List));
        if (Value(name) is not null)
        {
            (secret ? (Action<string, string>)AddSecretError : AddError)(name, expected);
        }

        return _document.ChildNames(Join(name))
            .OrderBy(key => int.TryParse(key, CultureInfo.InvariantCulture, out var index) ? index : int.MaxValue);
    }

    // A number is no name.
    private T? Choose<T>(string path)
        where T : struct, Enum =>
        _document[path] is { Length: > 0 } text && !char.IsAsciiDigit(text[0]) && Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value)
            ? value
            : null;

    private void Ask(string name, Setting setting) => _document.Ask(Join(name), setting);

    private string Join(string name) => SettingsDocument.Join(Path, name);
}
