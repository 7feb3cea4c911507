namespace TfeBackup.Engine.Objects;

/// <summary>Objects that settings leave out, by name: a key, or every key that begins with a name that ends in a slash.</summary>
/// <param name="names">The names.</param>
internal sealed class ObjectExclusions(IReadOnlyList<string> names)
{
    /// <summary>The names.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>Describes why no object can have a key; null if one can.</summary>
    public string? Forbids(string key) =>
        (Find(key) ?? names.FirstOrDefault(name => name.StartsWith(key + "/", StringComparison.Ordinal))) is { } name
            ? $"the setting ObjectStore:Exclude excludes {ObjectKey.Quote(name)}"
            : null;

    /// <summary>The name that leaves a key out; null for none.</summary>
    public string? Find(string key)
    {
        foreach (var name in names)
        {
            if (name.EndsWith('/') ? key.StartsWith(name, StringComparison.Ordinal) : key == name)
            {
                return name;
            }
        }

        return null;
    }
}
