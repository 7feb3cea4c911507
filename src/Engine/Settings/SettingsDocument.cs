namespace TfeBackup.Engine.Settings;

/// <summary>
/// Settings being read: pairs of full key and value as configurations flatten them, <c>Installation:Vault:Columns:public.t.c</c>. It remembers what
/// was asked for, so what nobody asked for is a fault: an option that is silently not in force is found when it is too late. Faults are
/// gathered, not thrown: an operator sees all of them at once.
/// </summary>
public sealed class SettingsDocument
{
    private readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Setting> _asked = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _open = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _faults = [];
    private readonly Func<string, string>? _sourceOf;

    /// <summary>Settings that nothing was asked of yet.</summary>
    /// <param name="values">The pairs, in any order; keys know no case.</param>
    /// <param name="sourceOf">Gets the source of a key's value, for messages; null if it is obvious.</param>
    /// <param name="baseDirectory">The base of relative paths; null for the process's directory.</param>
    public SettingsDocument(
        IEnumerable<KeyValuePair<string, string?>> values, Func<string, string>? sourceOf = null, string? baseDirectory = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (var (key, value) in values)
        {
            _values[key] = value;
        }

        _sourceOf = sourceOf;
        BaseDirectory = baseDirectory ?? Environment.CurrentDirectory;
        Root = new SettingsNode(this, "");
    }

    /// <summary>The outermost section.</summary>
    public SettingsNode Root { get; }

    /// <summary>The settings that were read, by full key.</summary>
    public IReadOnlyDictionary<string, Setting> Asked => _asked;

    internal string BaseDirectory { get; }

    internal string? this[string path] => _values.GetValueOrDefault(path);

    internal static string Join(string path, string name) => path.Length == 0 ? name : $"{path}:{name}";

    internal IEnumerable<string> ChildNames(string path) =>
        _values.Keys
            .Where(key => path.Length == 0 || (key.Length > path.Length && key[path.Length] == ':' && key.StartsWith(path, StringComparison.OrdinalIgnoreCase)))
            .Select(key => key[(path.Length == 0 ? 0 : path.Length + 1)..].Split(':')[0])
            .Distinct(StringComparer.OrdinalIgnoreCase);

    internal void Ask(string path, Setting setting)
    {
        // Who knows more about it may come later.
        _asked[path] = !_asked.TryGetValue(path, out var known) || setting.Kind > known.Kind
            ? setting
            : known with { Expected = known.Expected ?? setting.Expected };
    }

    internal void Open(string path) => _open.Add(path);

    internal void Report(string path, string problem)
    {
        var fault = (_sourceOf is null ? "" : $"{_sourceOf(path)}: ") + path + problem + ".";
        if (!_faults.Contains(fault))
        {
            _faults.Add(fault);
        }
    }

    /// <summary>Every error, one line each, once everything was read.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        foreach (var (key, value) in _values)
        {
            Check(key, value);
        }

        return _faults;
    }

    private void Check(string key, string? value)
    {
        var section = "";
        foreach (var name in key.Split(':'))
        {
            var path = Join(section, name);
            if (_open.Contains(path))
            {
                return;
            }

            if (!_asked.TryGetValue(path, out var setting))
            {
                if (!_open.Contains(section + ":"))
                {
                    Report(path, $" is not a setting; {Suggest(section, name)}");
                }

                return;
            }

            var isSection = setting.Kind is SettingKind.Section or SettingKind.Map;
            if (path.Length == key.Length && isSection && !string.IsNullOrEmpty(value))
            {
                Report(path, " is a single value; expected a section");
            }
            else if (path.Length < key.Length && !isSection && setting.Kind != SettingKind.List)
            {
                Report(path, " is a section; expected a single value");
                return;
            }

            section = path;
        }
    }

    private string Suggest(string section, string name)
    {
        var names = _asked.Keys
            .Where(path => path.LastIndexOf(':') is var end && path[..Math.Max(0, end)].Equals(section, StringComparison.OrdinalIgnoreCase))
            .Select(path => path[(path.LastIndexOf(':') + 1)..]).ToList();
        var near = Spelling.Nearest(name, names);
        var all = $"{(section.Length == 0 ? "the document" : section)} has {string.Join(", ", names)}";
        return near is null ? all : $"did you mean '{near}'? {all}";
    }
}
