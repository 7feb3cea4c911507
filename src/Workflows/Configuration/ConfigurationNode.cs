using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace TfeBackup.Workflows.Configuration;

/// <summary>
/// A section being read. Faults are gathered, not thrown, so that an operator sees all of them at once; a reading that
/// found a fault returns something harmless.
/// </summary>
internal sealed class ConfigurationNode(
    IConfiguration configuration, string? path, Func<string, string> sourceOf, string baseDirectory, List<string> faults)
{
    public bool Exists => configuration is not IConfigurationSection section || section.Exists();

    public IEnumerable<string> Keys => configuration.GetChildren().Select(child => child.Key);

    public ConfigurationNode Child(string key) =>
        new(configuration.GetSection(key), Join(key), sourceOf, baseDirectory, faults);

    /// <summary>The section's full path; empty for the document.</summary>
    public string Path => path ?? "";

    /// <summary>All keys with values, relative to the section.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Pairs() => configuration.AsEnumerable(makePathsRelative: true);

    public void Fault(string? key, string expected) => FaultAt((key is null ? path : Join(key)) ?? "", expected);

    /// <summary>Adds a fault by its full path.</summary>
    public void FaultAt(string place, string expected) => faults.Add($"{sourceOf(place)}: {place}: {expected}.");

    /// <summary>Every key but these is a fault.</summary>
    public void AllowOnly(params ReadOnlySpan<string> known)
    {
        foreach (var key in Keys)
        {
            if (!known.Contains(key, StringComparer.OrdinalIgnoreCase))
            {
                Fault(key, $"is not a setting; expected one of {string.Join(", ", known.ToArray())}");
            }
        }

        if (configuration is IConfigurationSection { Value.Length: > 0 })
        {
            Fault(null, $"is a single value; expected a section with {string.Join(", ", known.ToArray())}");
        }
    }

    public string? Text(string key)
    {
        var section = configuration.GetSection(key);
        if (section.GetChildren().Any())
        {
            Fault(key, "is a section; expected a single value");
        }

        return string.IsNullOrWhiteSpace(section.Value) ? null : section.Value;
    }

    public string Required(string key, string expected)
    {
        var text = Text(key);
        if (text is null)
        {
            Fault(key, $"is missing; expected {expected}");
        }

        return text ?? "";
    }

    public Uri? HttpUri(string key)
    {
        var text = Text(key);
        if (text is null)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.UserInfo.Length == 0)
        {
            return uri;
        }

        // Not repeated: an address may carry credentials.
        Fault(key, "is not an address; expected https://host[:port], without user or password");
        return null;
    }

    public Uri RequiredHttpUri(string key)
    {
        if (Text(key) is null)
        {
            Fault(key, "is missing; expected https://host[:port]");
        }

        return HttpUri(key) ?? new Uri("https://invalid");
    }

    public string? FilePath(string key) => Text(key) is { } text ? System.IO.Path.GetFullPath(text, baseDirectory) : null;

    public bool Flag(string key)
    {
        var text = Text(key);
        if (text is null || bool.TryParse(text, out var value))
        {
            return text is not null && bool.Parse(text);
        }

        Fault(key, $"is '{text}'; expected true or false");
        return false;
    }

    public int Count(string key)
    {
        var text = Text(key);
        if (text is null)
        {
            return 0;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= 100_000)
        {
            return value;
        }

        Fault(key, $"is '{text}'; expected a whole number from 0 to 100000");
        return 0;
    }

    public TimeSpan? Duration(string key)
    {
        var text = Text(key);
        if (text is null)
        {
            return null;
        }

        // "24" would be read as 24 days by .NET and as hours by most people: refused.
        if (text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value > TimeSpan.Zero)
        {
            return value;
        }

        Fault(key, $"is '{text}'; expected a time of the form [days.]hours:minutes:seconds, for example 1.02:00:00");
        return null;
    }

    public T Choice<T>(string key, T? fallback)
        where T : struct, Enum
    {
        var text = Text(key);
        var expected = string.Join(" or ", Enum.GetNames<T>());
        if (text is null)
        {
            if (fallback is null)
            {
                Fault(key, $"is missing; expected {expected}");
            }

            return fallback ?? default;
        }

        if (!char.IsAsciiDigit(text[0]) && Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value))
        {
            return value;
        }

        Fault(key, $"is '{text}'; expected {expected}");
        return fallback ?? default;
    }

    private string Join(string key) => path is null ? key : $"{path}:{key}";
}
