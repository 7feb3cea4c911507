using Npgsql;

namespace TfeBackup.Server.Settings;

/// <summary>
/// Reads the section <c>Installation</c> and collects everything that is wrong with it, so that one start tells it all. A
/// misspelt name is an error too: an option that is silently not in force is found when it is too late.
/// </summary>
public sealed class SettingsReader
{
    private readonly List<string> _problems = [];

    private SettingsReader()
    {
    }

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <exception cref="SettingsException">Something is missing or wrong.</exception>
    public static InstallationSettings Read(IConfiguration configuration)
    {
        var reader = new SettingsReader();
        var settings = reader.ReadInstallation(configuration.GetSection("Installation"));
        return reader._problems.Count == 0 ? settings : throw new SettingsException(reader._problems);
    }

    private InstallationSettings ReadInstallation(IConfigurationSection section)
    {
        CheckNames(
            section,
            "Name", "Token", "TokenFile", "Postgres", "Schemas", "Exclude", "BookkeepingTables", "ProductVersion", "SpoolDirectory", "ObjectStore", "Vault");
        var vault = section.GetSection("Vault").Exists() ? ReadVault(section.GetSection("Vault")) : null;
        var settings = new InstallationSettings
        {
            Name = Required(section, "Name", "the installation's name, such as 'tfe-production'"),
            Token = section["Token"],
            TokenFile = section["TokenFile"],
            Postgres = Required(section, "Postgres", "an Npgsql connection string such as 'Host=db.example;Database=tfe;Username=tfe;Password=…'"),
            Schemas = List(section, "Schemas") is { Count: > 0 } schemas ? schemas : ["public"],
            Exclude = List(section, "Exclude"),
            BookkeepingTables = List(section, "BookkeepingTables"),
            ProductVersion = section["ProductVersion"] ?? "unknown",
            SpoolDirectory = section["SpoolDirectory"] ?? Path.GetTempPath(),
            ObjectStore = ReadObjectStore(section.GetSection("ObjectStore"), vault),
            Vault = vault,
        };

        ExactlyOne(section, "Token", "TokenFile");
        CheckToken(section, settings.Token);
        CheckPostgres(section, settings.Postgres);
        if (!Directory.Exists(settings.SpoolDirectory))
        {
            Wrong(section, "SpoolDirectory", $"an existing directory for uploads that wait for their config part; '{settings.SpoolDirectory}' is none");
        }

        foreach (var name in settings.Exclude.Where(name => !name.Contains('.', StringComparison.Ordinal)))
        {
            Wrong(section, "Exclude", $"names of the form schema.relation; found '{name}'");
        }

        return settings;
    }

    private ObjectStoreSettings ReadObjectStore(IConfigurationSection section, VaultSettings? vault)
    {
        CheckNames(section, "Kind", "Path", "ConnectionString", "ServiceUri", "Container", "Encrypted");
        var kindText = Required(section, "Kind", "'Directory' (a mounted disk) or 'AzureBlob'");
        if (!Enum.TryParse<ObjectStoreKind>(kindText, ignoreCase: true, out var kind) || int.TryParse(kindText, out _))
        {
            if (kindText.Length > 0)
            {
                Wrong(section, "Kind", $"'Directory' or 'AzureBlob'; found '{kindText}'");
            }
        }
        else if (kind == ObjectStoreKind.Directory)
        {
            var path = Required(section, "Path", "the directory that holds the objects");
            if (path.Length > 0 && !Directory.Exists(path))
            {
                Wrong(section, "Path", $"an existing directory that holds the objects; '{path}' is none (is the disk mounted?)");
            }
        }
        else
        {
            ExactlyOne(section, "ConnectionString", "ServiceUri");
            Required(section, "Container", "the name of the container that holds the objects");
        }

        var encrypted = Boolean(section, "Encrypted", vault is not null);
        if (encrypted && vault is null)
        {
            Wrong(section, "Encrypted", "'false' where there is no section Installation:Vault");
        }

        if (encrypted && vault is { App: null, ObjectKey: null })
        {
            _problems.Add("Installation:Vault:App or Installation:Vault:ObjectKey: expected one of them, to name the Transit key that objects are encrypted under.");
        }

        return new ObjectStoreSettings
        {
            Kind = kind,
            Path = section["Path"],
            ConnectionString = section["ConnectionString"],
            ServiceUri = Address(section, "ServiceUri", required: false),
            Container = section["Container"],
            Encrypted = encrypted,
        };
    }

    private VaultSettings ReadVault(IConfigurationSection section)
    {
        CheckNames(section, "Address", "Token", "TokenFile", "Mount", "App", "ObjectKey", "Columns");
        ExactlyOne(section, "Token", "TokenFile");
        if (section["TokenFile"] is { Length: > 0 } file && !File.Exists(file))
        {
            Wrong(section, "TokenFile", $"an existing file that holds the Vault token; '{file}' is none");
        }

        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in section.GetSection("Columns").GetChildren())
        {
            if (column.Key.Split('.').Length != 3 || string.IsNullOrWhiteSpace(column.Value))
            {
                Wrong(section, "Columns", $"entries of the form schema.table.column = Transit key; found '{column.Key}' = '{column.Value}'");
            }
            else
            {
                columns[column.Key] = column.Value;
            }
        }

        return new VaultSettings
        {
            Address = Address(section, "Address", required: true) ?? new Uri("http://invalid"),
            Token = section["Token"],
            TokenFile = section["TokenFile"],
            Mount = (section["Mount"] ?? "transit").Trim('/'),
            App = NullIfEmpty(section["App"]),
            ObjectKey = NullIfEmpty(section["ObjectKey"]),
            Columns = columns,
        };
    }

    private void CheckPostgres(IConfigurationSection section, string connectionString)
    {
        if (connectionString.Length == 0)
        {
            return;
        }

        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database))
            {
                Wrong(section, "Postgres", "a connection string with at least Host and Database");
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The message may quote a part of the string, and the string holds the password.
            Wrong(section, "Postgres", "an Npgsql connection string (keyword=value pairs separated by semicolons, not a postgres:// address); this one cannot be read");
        }
    }

    private void CheckToken(IConfigurationSection section, string? token)
    {
        if (token is { Length: > 0 } && (token.Length < 16 || token.Any(c => c is <= ' ' or > '~')))
        {
            Wrong(section, "Token", "at least 16 printable ASCII characters without spaces; leave it out and name a TokenFile to have one made");
        }
    }

    private void CheckNames(IConfigurationSection section, params string[] known)
    {
        foreach (var child in section.GetChildren())
        {
            if (!known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                _problems.Add($"{child.Path}: no such setting. {section.Path} has {string.Join(", ", known)}.");
            }
        }
    }

    private void ExactlyOne(IConfigurationSection section, string first, string second)
    {
        if (string.IsNullOrEmpty(section[first]) == string.IsNullOrEmpty(section[second]))
        {
            _problems.Add(
                $"{section.Path}:{first} or {section.Path}:{second}: expected exactly one of them, found {(string.IsNullOrEmpty(section[first]) ? "neither" : "both")}.");
        }
    }

    private string Required(IConfigurationSection section, string name, string expected)
    {
        if (string.IsNullOrWhiteSpace(section[name]))
        {
            Wrong(section, name, expected + "; it is missing");
            return "";
        }

        return section[name]!;
    }

    private bool Boolean(IConfigurationSection section, string name, bool otherwise)
    {
        if (string.IsNullOrEmpty(section[name]))
        {
            return otherwise;
        }

        if (!bool.TryParse(section[name], out var value))
        {
            Wrong(section, name, $"'true' or 'false'; found '{section[name]}'");
        }

        return value;
    }

    private Uri? Address(IConfigurationSection section, string name, bool required)
    {
        var text = required ? Required(section, name, "an http or https address") : section[name];
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            return address;
        }

        Wrong(section, name, "an http or https address");
        return null;
    }

    private void Wrong(IConfigurationSection section, string name, string expected) => _problems.Add($"{section.Path}:{name}: expected {expected}.");

    private static IReadOnlyList<string> List(IConfigurationSection section, string name) =>
        [.. section.GetSection(name).GetChildren().Select(child => child.Value).OfType<string>().Where(value => value.Length > 0)];

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
